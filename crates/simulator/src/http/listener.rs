//! A port of loopback and the threads behind it; all of them end when it is dropped.

use super::connection::serve;
use crate::service::Service;
use crate::world::{World, lock};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// Connections of one service at once: ours; the next one waits in the kernel until it is refused.
const CONNECTIONS: usize = 1024;

/// A service at its port.
pub(crate) struct Listener {
    address: SocketAddr,
    open: Arc<Open>,
    acceptor: Option<JoinHandle<()>>,
}

/// What must be closed in the end.
#[derive(Default)]
struct Open {
    stopping: AtomicBool,
    connections: Mutex<BTreeMap<u64, Connection>>,
}

/// A second handle of a connection, and the thread that answers on it.
struct Connection {
    stream: TcpStream,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens on `port` of 127.0.0.1, or on any free one for 0.
    pub(crate) fn start(port: u16, service: Service, world: Arc<World>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let open = Arc::new(Open::default());
        let shared = Arc::clone(&open);
        let acceptor = thread::Builder::new()
            .name(format!("{service:?}"))
            .spawn(move || accept(&listener, service, &world, &shared))?;
        Ok(Self { address, open, acceptor: Some(acceptor) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

fn accept(listener: &TcpListener, service: Service, world: &Arc<World>, open: &Arc<Open>) {
    for (number, stream) in (0..).zip(listener.incoming()) {
        if open.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        // Over the limit, or out of threads or files, the connection is dropped: the peer sees a reset.
        let _ = take(stream, number, service, world, open);
    }
}

fn take(stream: TcpStream, number: u64, service: Service, world: &Arc<World>, open: &Arc<Open>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connections = lock(&open.connections);
    if connections.len() >= CONNECTIONS {
        return Ok(());
    }
    let (world, shared, handle) = (Arc::clone(world), Arc::clone(open), stream.try_clone()?);
    // The lock is held until the thread is entered here, so that it cannot leave before.
    let thread = thread::Builder::new().spawn(move || {
        serve(stream, service, &world);
        if let Some(connection) = lock(&shared.connections).remove(&number) {
            // It may have been closed from the other side.
            let _ = connection.stream.shutdown(Shutdown::Both);
        }
    })?;
    connections.insert(number, Connection { stream: handle, thread: Some(thread) });
    Ok(())
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.open.stopping.store(true, Ordering::SeqCst);
        // Wakes the acceptor; where that fails it is woken by nothing, and is not waited for.
        if TcpStream::connect(self.address).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            let _ = acceptor.join();
        }
        let threads: Vec<_> = lock(&self.open.connections)
            .values_mut()
            .filter_map(|connection| {
                let _ = connection.stream.shutdown(Shutdown::Both);
                connection.thread.take()
            })
            .collect();
        for thread in threads {
            let _ = thread.join();
        }
    }
}
