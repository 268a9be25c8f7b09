//! How an answer is printed: text for people here, all else by [`docent::answer`].

pub mod findings;
pub mod text;
