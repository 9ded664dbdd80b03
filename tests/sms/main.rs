//! Codes and messages to phones, over a real Redis, the embedded database, and vendors that fail in every way; the clock stands
//! still until a test moves it.

mod breakers;
mod codes;
mod dispatch;
mod limits;
mod platform;
mod vendors;
mod world;
