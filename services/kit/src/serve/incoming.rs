//! Connections as they come in, encrypted where the server has a certificate.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::either::Either;
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::tls::Tls;

/// Clients that shake hands at once; others wait at the listener.
const MOST_HANDSHAKES: usize = 256;
/// How long to wait after the system gave no connection, mostly because files are out.
const PAUSE: Duration = Duration::from_millis(100);

/// How connections are encrypted.
#[derive(Clone)]
pub struct Encryption {
    pub tls: Tls,
    /// Who has not shaken hands by then is let go.
    pub handshake: Duration,
}

/// One client's connection.
pub struct Connection(Either<TcpStream, Box<TlsStream<TcpStream>>>);

/// Connections until the stream is dropped, which closes the listener.
pub fn incoming(
    listener: TcpListener,
    encryption: Option<Encryption>,
) -> ReceiverStream<io::Result<Connection>> {
    let (send, receive) = mpsc::channel(1);
    tokio::spawn(accept(listener, encryption, send));
    ReceiverStream::new(receive)
}

async fn accept(
    listener: TcpListener,
    encryption: Option<Encryption>,
    send: mpsc::Sender<io::Result<Connection>>,
) {
    let mut handshakes = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = send.closed() => return,
            Some(_done) = handshakes.join_next() => continue,
            accepted = listener.accept(), if handshakes.len() < MOST_HANDSHAKES => accepted,
        };
        let stream = match accepted {
            Ok((stream, _from)) => stream,
            Err(error) => {
                tracing::warn!(error.source = %error, "a connection was not accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Only slower without it.
        let _slower = stream.set_nodelay(true);
        match &encryption {
            None => {
                let connection = Connection(Either::Left(stream));
                if send.send(Ok(connection)).await.is_err() {
                    return;
                }
            }
            Some(encryption) => {
                handshakes.spawn(shake_hands(stream, encryption.clone(), send.clone()));
            }
        }
    }
}

async fn shake_hands(
    stream: TcpStream,
    encryption: Encryption,
    send: mpsc::Sender<io::Result<Connection>>,
) {
    let acceptor = TlsAcceptor::from(encryption.tls.config());
    match tokio::time::timeout(encryption.handshake, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let connection = Connection(Either::Right(Box::new(stream)));
            // Nobody takes it any more where the server is stopping.
            let _stopping = send.send(Ok(connection)).await;
        }
        Ok(Err(error)) => tracing::debug!(error.source = %error, "a handshake failed"),
        Err(_elapsed) => tracing::debug!("a client did not shake hands in time"),
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        match &self.0 {
            Either::Left(stream) => stream.connect_info(),
            Either::Right(stream) => stream.get_ref().0.connect_info(),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}
