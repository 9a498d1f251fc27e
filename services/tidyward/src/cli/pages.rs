//! Lists come in pages; whoever wants a list wants all of it, or so many of its first.

use tonic::Status;

use super::{failure::Failure, output::say};

/// The most that a server gives at once.
const LARGEST: usize = 1_000;

/// Rows of a list.
#[derive(Debug)]
pub struct Listed<T> {
    pub rows: Vec<T>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

impl<T> Listed<T> {
    /// Says that there are more, where there are.
    pub fn say_more(&self) {
        if self.more {
            let most = self.rows.len();
            say(format!(
                "there are more than {most}; ask for them with --limit N\n"
            ));
        }
    }
}

/// Asks for page after page, until there are no more or `most` are there. `page` is given the size and the token of the
/// page before, and gives rows and the token for the next.
pub async fn list<T>(
    most: usize,
    mut page: impl AsyncFnMut(i32, String) -> Result<(Vec<T>, String), Status>,
) -> Result<Listed<T>, Failure> {
    let mut rows = Vec::new();
    let mut token = String::new();
    loop {
        let size = most.saturating_sub(rows.len()).clamp(1, LARGEST);
        let (next, after) = page(i32::try_from(size).unwrap_or(1), token).await?;
        rows.extend(next);
        if after.is_empty() || rows.len() >= most {
            let more = !after.is_empty() || rows.len() > most;
            rows.truncate(most);
            return Ok(Listed { rows, more });
        }
        token = after;
    }
}

/// All of a list.
pub async fn all<T>(
    page: impl AsyncFnMut(i32, String) -> Result<(Vec<T>, String), Status>,
) -> Result<Vec<T>, Failure> {
    Ok(list(usize::MAX, page).await?.rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Serves the numbers below `count`, at most so many a page.
    async fn numbers(count: usize, most: usize, served: &mut Vec<i32>) -> Listed<usize> {
        let page = async |size: i32, token: String| {
            served.push(size);
            let from: usize = token.parse().unwrap_or(0);
            let to = count.min(from + usize::try_from(size).unwrap());
            let next = if to < count {
                to.to_string()
            } else {
                String::new()
            };
            Ok(((from..to).collect(), next))
        };
        list(most, page).await.unwrap()
    }

    #[tokio::test]
    async fn pages_are_asked_for_until_there_is_enough() {
        let mut served = Vec::new();
        let listed = numbers(2_500, usize::MAX, &mut served).await;
        assert_eq!((listed.rows.len(), listed.more), (2_500, false));
        assert_eq!(served, [1_000, 1_000, 1_000]);

        served.clear();
        let listed = numbers(2_500, 1_200, &mut served).await;
        assert_eq!((listed.rows.len(), listed.more), (1_200, true));
        assert_eq!(served, [1_000, 200]);
        assert_eq!(listed.rows, (0..1_200).collect::<Vec<_>>());

        let listed = numbers(3, 3, &mut served).await;
        assert_eq!((listed.rows.len(), listed.more), (3, false));
    }
}
