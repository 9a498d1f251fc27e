//! A gate before a server: what goes through it can be cut off, also in the middle of what is sent.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What the gate does with what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Open,
    /// Lets the beginning of the next request through, then cuts everything off and is down.
    CutsNext,
    /// Whatever comes is cut off.
    Down,
}

/// Closed with the test.
pub struct Gate {
    pub port: u16,
    mode: watch::Sender<Mode>,
}

impl Gate {
    /// Before the server on the port of loopback.
    pub async fn before(server: u16) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mode, _) = watch::channel(Mode::Open);
        let shared = mode.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = SocketAddr::from(([127, 0, 0, 1], server));
                tokio::spawn(pass(client, server, shared.clone()));
            }
        });
        Gate { port, mode }
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Waits until it has cut something off.
    pub async fn is_down(&self) {
        let mut mode = self.mode.subscribe();
        let down = mode.wait_for(|mode| *mode == Mode::Down);
        let waited = tokio::time::timeout(Duration::from_secs(20), down).await;
        waited.expect("something was cut off").expect("it is there");
    }
}

/// Passes on what both say until one ends or the gate is down.
async fn pass(
    mut client: TcpStream,
    server: SocketAddr,
    mode: watch::Sender<Mode>,
) -> io::Result<()> {
    let mut turned = mode.subscribe();
    if *turned.borrow() == Mode::Down {
        return Ok(());
    }
    let mut server = TcpStream::connect(server).await?;
    let (mut asked, mut answered) = (vec![0; 16_384], vec![0; 16_384]);
    loop {
        tokio::select! {
            () = goes_down(&mut turned) => return Ok(()),
            read = client.read(&mut asked) => {
                let count = read?;
                if count == 0 {
                    return Ok(());
                }
                let cuts = *mode.borrow() == Mode::CutsNext;
                if cuts {
                    server.write_all(&asked[..count / 2]).await?;
                    mode.send_replace(Mode::Down);
                    return Ok(());
                }
                server.write_all(&asked[..count]).await?;
            }
            read = server.read(&mut answered) => match read? {
                0 => return Ok(()),
                count => client.write_all(&answered[..count]).await?,
            },
        }
    }
}

/// Gives back nothing that would keep the mode locked.
async fn goes_down(mode: &mut watch::Receiver<Mode>) {
    let _read = mode.wait_for(|mode| *mode == Mode::Down).await;
}
