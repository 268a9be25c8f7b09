//! What the tests of `docent serve` share: a server, and a client of a few lines.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use docent::encoder::Encoder;
use docent::serve::{ServeOptions, Server};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::support::bundled;

/// So long that only a server that hangs takes longer.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A server in a thread of its own, ended with its test.
pub struct Running {
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    pub stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Serves the index in `folder` on a free port, with options that `change` has changed.
    pub fn new(folder: &Path, change: impl FnOnce(&mut ServeOptions)) -> Self {
        Self::with_encoder(folder, bundled(), change)
    }

    pub fn with_encoder(
        folder: &Path,
        encoder: Arc<dyn Encoder>,
        change: impl FnOnce(&mut ServeOptions),
    ) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        let mut options = ServeOptions::new(folder.join("docent.idx"), encoder);
        options.address = SocketAddr::from(([127, 0, 0, 1], 0));
        options.log = Arc::new(move |line| lines.lock().unwrap().push(line.to_owned()));
        change(&mut options);
        let (stop, stopped) = oneshot::channel();
        let (bound, address) = channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let server = Server::bind(options).await.unwrap();
                bound.send(server.address()).unwrap();
                server.run(async { drop(stopped.await) }).await;
            });
        });
        Self {
            address: address.recv_timeout(PATIENCE).unwrap(),
            log,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// What comes back for these bytes until the server closes.
    pub fn send(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        // A server that has refused already does not read on.
        let _ = stream.write_all(bytes);
        answer_of(&mut stream)
    }

    pub fn get_with(&self, target: &str, headers: &[(&str, &str)]) -> Response {
        let lines: String = headers
            .iter()
            .map(|(n, v)| format!("{n}: {v}\r\n"))
            .collect();
        let host = match headers.iter().any(|(name, _)| *name == "Host") {
            true => String::new(),
            false => format!("Host: {}\r\n", self.address),
        };
        let request = format!("GET {target} HTTP/1.1\r\n{host}{lines}Connection: close\r\n\r\n");
        Response::new(&self.send(request.as_bytes()))
    }

    pub fn get(&self, target: &str) -> Response {
        self.get_with(target, &[])
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Asks the server to stop, and waits until it has.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let stop = self.stop.take().map(|stop| stop.send(()));
        assert!(stop.is_none_or(|sent| sent.is_ok()), "the server has died");
        self.thread.take().map_or(Ok(()), JoinHandle::join).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.thread.is_some() && !std::thread::panicking() {
            self.end();
        }
    }
}

/// All that comes until the end; a connection that was reset has ended, too.
pub fn answer_of(stream: &mut TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return answer,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
            Err(error) => {
                let kind = error.kind();
                assert_eq!(kind, std::io::ErrorKind::ConnectionReset, "{error}");
                return answer;
            }
        }
    }
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Response {
    pub fn new(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Self {
            status: status.unwrap_or_else(|| panic!("no status in {text:?}")),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut named = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        named.next().map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status and the keys of a problem's object.
    pub fn problem(&self) -> (u16, String, String) {
        let object = self.json();
        let text = |key: &str| object[key].as_str().unwrap().to_owned();
        assert_eq!(object.as_object().unwrap().len(), 2);
        (self.status, text("error"), text("hint"))
    }
}
