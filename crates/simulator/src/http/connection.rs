//! One connection: requests one after another, with the faults that were scripted for them.

use super::body::{Body, Duplex};
use super::{Head, Response};
use crate::fault::{Instead, Struck};
use crate::operation::Operation;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::service::Service;
use crate::world::World;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

/// Bytes read from a socket at once: ours.
const BUFFER: usize = 256 << 10;

/// A socket, buffered for reading.
struct Wire(BufReader<TcpStream>);

impl Read for Wire {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes)
    }
}

impl BufRead for Wire {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.0.consume(amount);
    }
}

impl Duplex for Wire {
    fn writer(&mut self) -> &mut dyn Write {
        self.0.get_mut()
    }
}

/// Answers until the peer closes, a fault cuts, or what comes is not HTTP.
pub(super) fn serve(stream: TcpStream, service: Service, world: &World) {
    let mut wire = Wire(BufReader::with_capacity(BUFFER, stream));
    loop {
        match Head::read(&mut wire) {
            Ok(Some(head)) => {
                if !answer_one(&mut wire, service, world, &head).unwrap_or(false) {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) => {
                // The peer may be gone; there is no one else to tell.
                let _ = Response::text(400, &error.to_string()).send(wire.writer(), false, false, u64::MAX);
                return;
            }
        }
    }
}

/// Answers one request. False: the connection is at its end.
fn answer_one(wire: &mut Wire, service: Service, world: &World, head: &Head) -> io::Result<bool> {
    let operation = service.operation(head);
    let part = head.query("partNumber").and_then(|text| text.parse().ok());
    let struck = world.plan.draw(operation, part);
    world.strike_before(&struck);
    if let Some(time) = struck.late {
        // The peer sees an end where the answer should be; what it sent is still read.
        wire.0.get_ref().shutdown(Shutdown::Write)?;
        world.wait(time);
    }
    let mut body = match Body::new(head, wire) {
        Ok(body) => body,
        Err(error) => {
            let refusal = Refusal::new(400, "InvalidRequest", format!("{error}."));
            service.refuse(world, head, &refusal).send(wire.writer(), false, false, u64::MAX)?;
            return Ok(false);
        }
    };
    if let Some(offset) = struck.flip {
        body.flip_at(offset);
    }
    let mut record = new_record(service, operation, head, &struck);
    if let Some(offset) = struck.drop_request {
        body.cut_at(offset);
        body.drain();
        record.received = body.received();
        world.log.push(record);
        return Ok(false);
    }
    let response = execute(service, world, operation, head, &mut body, &struck);
    let in_step = body.drain();
    record.received = body.received();
    record.status = Some(response.status);
    record.code = response.code.clone();
    world.log.push(record);
    if struck.late.is_some() {
        return Ok(false);
    }
    let keep_alive = in_step && head.keeps_alive && struck.drop_response.is_none();
    let most = struck.drop_response.unwrap_or(u64::MAX);
    response.send(wire.writer(), head.method == "HEAD", keep_alive, most)?;
    Ok(keep_alive)
}

/// What the service says, or what a fault says in its place, before or after the deed.
fn execute(
    service: Service,
    world: &World,
    operation: Operation,
    head: &Head,
    body: &mut Body<'_>,
    struck: &Struck,
) -> Response {
    if let Some(instead) = &struck.instead
        && !instead.after
    {
        return instead_of_answer(service, world, head, instead);
    }
    let mut response = service.answer(world, operation, head, body);
    if let Some(instead) = &struck.instead {
        response = instead_of_answer(service, world, head, instead);
    }
    if struck.wrong_crc
        && let Some(value) = header(&mut response, "x-oss-hash-crc64ecma")
    {
        *value = value.parse::<u64>().map_or(0, |sum| sum ^ 1).to_string();
    }
    if struck.wrong_etag
        && let Some(value) = header(&mut response, "ETag")
    {
        *value = format!("\"{:032X}\"", 1);
    }
    response
}

fn header<'a>(response: &'a mut Response, name: &str) -> Option<&'a mut String> {
    response.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn instead_of_answer(service: Service, world: &World, head: &Head, instead: &Instead) -> Response {
    let mut response = match &instead.raw {
        Some((status, kind, text)) => Response::new(*status).content(kind, text.clone().into_bytes()),
        None => {
            let mut refusal = Refusal::of_code(&instead.code);
            refusal.status = instead.status.unwrap_or(refusal.status);
            service.refuse(world, head, &refusal)
        }
    };
    if let Some(seconds) = instead.retry_after {
        response.set("Retry-After", seconds.to_string());
    }
    response
}

fn new_record(service: Service, operation: Operation, head: &Head, struck: &Struck) -> Record {
    Record {
        service,
        operation,
        method: head.method.clone(),
        path: head.path.clone(),
        target: head.target.clone(),
        headers: head.headers.clone(),
        part: head.query("partNumber").and_then(|text| text.parse().ok()),
        received: 0,
        status: None,
        code: None,
        faults: struck.names.clone(),
    }
}
