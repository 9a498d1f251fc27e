//! Any bytes are a rule or are refused with words that can be shown, and the same each time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tidyward_fuzz::known_fact;
use tidyward_rules::gate::{GateLimits, inspect};

fuzz_target!(|bytes: &[u8]| {
    let look = || inspect(bytes, &GateLimits::default(), &known_fact);
    match (look(), look()) {
        (Ok(one), Ok(other)) => {
            assert_eq!(&one.bytes[..], bytes);
            assert_eq!((one.digest, one.manifest), (other.digest, other.manifest));
        }
        (Err(one), Err(other)) => {
            assert!(!one.message.is_empty());
            assert!(!one.to_string().contains(char::is_control), "{one}");
            assert_eq!(one, other);
        }
        _ => panic!("it is let in once in two times"),
    }
});
