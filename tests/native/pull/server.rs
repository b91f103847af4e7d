//! An HTTP server on a free local port that answers by a function, remembers what it was asked, and can misbehave:
//! announce more than it sends, or accept a connection and say nothing.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How long a silent connection stays open: far longer than the client under test should wait.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request: its method, its target, its headers with lower-case names.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// A request without headers.
    pub fn get(path: &str) -> Self {
        Self { method: "GET".into(), path: path.into(), headers: Vec::new() }
    }

    /// The request as the server behind a proxy sees it: with a target that is only a path.
    pub fn without_host(&self) -> Self {
        let path = self.path.strip_prefix("http://").and_then(|rest| Some(rest[rest.find('/')?..].to_owned()));
        Self { path: path.unwrap_or_else(|| self.path.clone()), ..self.clone() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The N of `Range: bytes=N-`.
    pub fn range(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// How many bytes of the body are sent before the connection is closed.
    sent: Option<usize>,
    /// Whether the connection stays open after them.
    stalling: bool,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Status 0: the connection stays open without a word.
    pub fn silence() -> Self {
        Self::status(0)
    }

    /// The whole file, or the part that the request asks for.
    pub fn file(bytes: &[u8], request: &Request) -> Self {
        match request.range() {
            Some(from) if from >= bytes.len() => Self::status(416),
            Some(from) => {
                let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
                Self { status: 206, body: bytes[from..].to_vec(), ..Self::default() }.header("Content-Range", range)
            }
            None => Self { status: 200, body: bytes.to_vec(), ..Self::default() },
        }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same headers with another body.
    pub fn with_body(mut self, bytes: &[u8]) -> Self {
        (self.status, self.body) = (200, bytes.to_vec());
        self
    }

    /// The same announcement with only the first bytes of the body behind it.
    pub fn cut(mut self, sent: usize) -> Self {
        self.sent = Some(sent);
        self
    }

    /// The same, but what is missing could still come.
    pub fn stalling(mut self) -> Self {
        self.stalling = true;
        self
    }
}

/// A running server; it stops when it is dropped.
pub struct Server {
    pub url: String,
    log: Arc<Mutex<Vec<Request>>>,
    stopped: Arc<AtomicBool>,
    outwaited: Arc<AtomicBool>,
}

impl Server {
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (log, stopped, outwaited) = (Arc::default(), Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let (requests, stop, hung_up, answer) =
            (Arc::clone(&log), Arc::clone(&stopped), Arc::clone(&outwaited), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let (requests, hung_up, answer) = (Arc::clone(&requests), Arc::clone(&hung_up), Arc::clone(&answer));
                thread::spawn(move || serve(stream.unwrap(), &requests, &hung_up, &*answer));
            }
        });
        Self { url, log, stopped, outwaited }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    /// How many requests there were for targets that contain a text.
    pub fn count(&self, part: &str) -> usize {
        self.requests().iter().filter(|request| request.path.contains(part)).count()
    }

    /// Whether a silent connection was ended by this side, because the other had not left it for [`PATIENCE`].
    pub fn was_outwaited(&self) -> bool {
        self.outwaited.load(Ordering::SeqCst)
    }

    fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection, which then closes the port.
        drop(TcpStream::connect(self.address()));
        while TcpStream::connect(self.address()).is_ok() {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Answers one request; as a proxy asked to CONNECT, the one behind it as well.
fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Request>>,
    outwaited: &AtomicBool,
    answer: &dyn Fn(&Request) -> Reply,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut request = read_request(&mut reader)?;
    log.lock().unwrap().push(request.clone());
    if request.method == "CONNECT" {
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").ok()?;
        request = read_request(&mut reader)?;
        log.lock().unwrap().push(request.clone());
    }
    let reply = answer(&request);
    if reply.status == 0 {
        stay_silent(outwaited);
        return None;
    }
    let mut head = format!("HTTP/1.1 {} Test\r\nContent-Length: {}\r\nConnection: close\r\n", reply.status, reply.body.len());
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    stream.write_all(&reply.body[..reply.sent.unwrap_or(usize::MAX).min(reply.body.len())]).ok()?;
    if reply.stalling {
        stay_silent(outwaited);
    }
    Some(())
}

/// Keeps a connection open without a word, and notes that before closing it.
fn stay_silent(outwaited: &AtomicBool) {
    thread::sleep(PATIENCE);
    outwaited.store(true, Ordering::SeqCst);
}

fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let mut lines = reader.lines();
    let first = lines.next()?.ok()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some(Request { method, path, headers })
}
