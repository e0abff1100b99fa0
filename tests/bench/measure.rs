//! Reading time, CPU and memory of processes, and printing a line.

use serde_json::{Map, Value, json};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tidemark_tests::{now, pause};

/// What running a process cost.
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_kb: u64,
    pub(crate) output: Value,
}

/// Runs a command to its end and reads what it cost.
pub(crate) fn run(mut command: Command) -> Cost {
    let before = children_cpu_seconds();
    let started = now();
    let mut child: Child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let stdout = child.stdout.take().expect("piped");
    let reader = std::thread::spawn(move || serde_json::from_reader(stdout).unwrap_or(Value::Null));
    let mut peak_kb = 0;
    let status = loop {
        peak_kb = peak_kb.max(peak_memory_kb(child.id()));
        match child.try_wait().expect("it can be waited for") {
            Some(status) => break status,
            None => pause(Duration::from_millis(1)),
        }
    };
    let seconds = started.elapsed().as_secs_f64();
    let output = reader.join().expect("the reader ends");
    assert!(status.success(), "{output}");
    Cost { seconds, cpu_seconds: children_cpu_seconds() - before, peak_kb, output }
}

/// Returns the CPU time of all children that have ended.
fn children_cpu_seconds() -> f64 {
    let fields = stat_fields("/proc/self/stat");
    (fields[13] + fields[14]) / 100.0
}

/// Returns the CPU time of a living process.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let fields = stat_fields(&format!("/proc/{pid}/stat"));
    (fields[11] + fields[12]) / 100.0
}

/// Returns the numeric fields of `/proc/PID/stat` from the fourth one on (`proc(5)` counts from 1: utime is 14).
fn stat_fields(path: &str) -> Vec<f64> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields: Vec<f64> = after_name.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    fields.resize(50, 0.0);
    fields
}

/// Returns the peak memory of a living process, in kilobytes.
pub(crate) fn peak_memory_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Prints one measurement beside its limit.
pub(crate) fn report(name: &str, seconds: f64, limit_seconds: f64, more: Value) {
    let round = |n: f64| (n * 100_000.0).round() / 100_000.0;
    let mut line = Map::new();
    line.insert("name".into(), json!(name));
    line.insert("seconds".into(), json!(round(seconds)));
    line.insert("limit_seconds".into(), json!(round(limit_seconds)));
    line.insert("ratio".into(), json!((seconds / limit_seconds.max(1e-9) * 100.0).round() / 100.0));
    line.extend(more.as_object().cloned().unwrap_or_default());
    println!("{}", Value::Object(line));
}
