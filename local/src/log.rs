//! The program's log lines on their way to standard output. A program that answers tens of thousands of requests a second writes as many
//! lines: each as a call of the system of its own would be a tenth of its time. So they gather for a few milliseconds, and a thread of
//! its own writes them together. Whoever kills the program loses the lines of these milliseconds.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd as _,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// How long lines gather.
const GATHER: Duration = Duration::from_millis(5);
/// Bytes that gather at the most. Whoever adds more writes them first: the program gets no further ahead of who reads its log.
const FULL: usize = 1 << 20;

/// Where lines go. Clones are the same log.
#[derive(Clone)]
pub(crate) struct Log(Arc<Shared>);

struct Shared {
    /// Taken before `output` by whoever takes both, so that lines keep their order.
    lines: Mutex<Vec<u8>>,
    /// There are lines where there were none.
    news: Condvar,
    output: Mutex<Box<dyn Write + Send>>,
}

impl Log {
    /// A log on standard output; nobody's, if that is closed.
    pub(crate) fn on_standard_output() -> Self {
        match io::stdout().as_fd().try_clone_to_owned() {
            Ok(output) => Self::on(File::from(output)),
            Err(_) => Self::on(io::sink()),
        }
    }

    fn on(output: impl Write + Send + 'static) -> Self {
        let (lines, output) = (Mutex::default(), Mutex::new(Box::new(output) as Box<_>));
        let log = Self(Arc::new(Shared { lines, news: Condvar::new(), output }));
        let written = log.clone();
        // Without the thread, lines are written when they are many, and in the end.
        drop(thread::Builder::new().name("log".to_owned()).spawn(move || written.keep_writing()));
        log
    }

    fn lines(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_writing(&self) -> ! {
        let mut taken = Vec::new();
        loop {
            let mut lines = self.lines();
            while lines.is_empty() {
                lines = self.0.news.wait(lines).unwrap_or_else(PoisonError::into_inner);
            }
            drop(lines);
            thread::sleep(GATHER);
            self.write_out(self.lines(), &mut taken);
        }
    }

    /// Writes what has gathered, by way of the buffer `taken`, so that others can go on adding lines.
    fn write_out(&self, mut lines: MutexGuard<'_, Vec<u8>>, taken: &mut Vec<u8>) {
        let mut output = self.0.output.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut *lines, taken);
        drop(lines);
        // Whoever reads the log may have gone; there is nobody else to tell.
        output.write_all(taken).and_then(|()| output.flush()).ok();
        taken.clear();
    }

    /// Writes all lines that were logged before.
    fn flush_all(&self) {
        self.write_out(self.lines(), &mut Vec::new());
    }
}

/// Writes what has gathered when it is dropped: the end of a program that logs.
#[must_use]
pub(crate) struct Flushed(pub(crate) Log);

impl Drop for Flushed {
    fn drop(&mut self) {
        self.0.flush_all();
    }
}

/// Takes whole lines.
impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = self.lines();
        if lines.len() >= FULL {
            self.write_out(lines, &mut Vec::new());
            lines = self.lines();
        }
        let first = lines.is_empty();
        lines.extend_from_slice(line);
        drop(lines);
        if first {
            self.0.news.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// An output that tells each piece that is written to it.
    struct Told(mpsc::Sender<Vec<u8>>);

    impl Write for Told {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.0.send(piece.to_vec()).map_err(io::Error::other)?;
            Ok(piece.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn log() -> (Log, mpsc::Receiver<Vec<u8>>) {
        let (told, pieces) = mpsc::channel();
        (Log::on(Told(told)), pieces)
    }

    #[test]
    fn a_line_is_written_without_anything_after_it() {
        let (mut log, pieces) = log();
        for line in ["one\n", "two\n"] {
            log.write_all(line.as_bytes()).unwrap();
            assert_eq!(pieces.recv_timeout(Duration::from_secs(30)).unwrap(), line.as_bytes());
        }
    }

    #[test]
    fn lines_of_many_threads_are_all_written_whole_and_each_threads_in_order() {
        let (log, pieces) = log();
        thread::scope(|scope| {
            for name in 0..8 {
                let mut log = log.clone();
                scope.spawn(move || {
                    for number in 0..5_000 {
                        let line = format!("{name} {number} {}\n", "x".repeat(number % 97));
                        log.write_all(line.as_bytes()).unwrap();
                    }
                });
            }
        });
        log.flush_all();
        let text: Vec<u8> = pieces.try_iter().flatten().collect();
        let mut next = [0; 8];
        for line in String::from_utf8(text).unwrap().lines() {
            let mut parts = line.split(' ').map(|part| part.parse::<usize>());
            let (name, number) = (parts.next().unwrap().unwrap(), parts.next().unwrap().unwrap());
            assert_eq!(number, next[name], "{line}");
            assert!(line.ends_with(&format!(" {}", "x".repeat(number % 97))), "{line}");
            next[name] += 1;
        }
        assert_eq!(next, [5_000; 8]);
    }

    /// An output that takes a piece whenever it is let.
    struct Gated(mpsc::Receiver<()>, mpsc::Sender<usize>);

    impl Write for Gated {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(io::Error::other)?;
            self.1.send(piece.len()).map_err(io::Error::other)?;
            Ok(piece.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_gathers_is_bounded_and_none_of_it_is_lost() {
        const LINE: usize = 1 << 10;
        let ((let_go, gate), (told, written)) = (mpsc::channel(), mpsc::channel());
        let mut log = Log::on(Gated(gate, told));
        let adding = thread::spawn(move || {
            for _ in 0..4 * FULL / LINE {
                log.write_all(&[b'x'; LINE]).unwrap();
                assert!(log.lines().len() <= FULL);
            }
            log.flush_all();
        });
        while !adding.is_finished() {
            let_go.send(()).unwrap();
            thread::yield_now();
        }
        adding.join().unwrap();
        assert_eq!(written.try_iter().sum::<usize>(), 4 * FULL);
    }
}
