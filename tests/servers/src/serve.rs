//! Serving a double on a thread of its own, whose runtime outlives every test's.

use std::{net::TcpListener, thread};

use axum::Router;

/// A loopback address that nobody else has, held from now on.
pub(crate) fn listener(port: u16) -> TcpListener {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("a loopback port");
    listener.set_nonblocking(true).expect("a socket");
    listener
}

/// Serves `router` there for as long as the process lives; answers the URL.
pub(crate) fn serve(listener: TcpListener, router: Router) -> String {
    let url = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await.expect("a double serves until its process ends");
        });
    });
    url
}
