//! The disk as a test and the simulation see it: from outside of the machine.
//!
//! Owns: planting faults, cutting the power, killing processes, copying the whole. Refuses: what a program does with its
//! files (`process`, `vfs`).

use crate::fault::{Fault, Operation};
use crate::inode::PowerLoss;
use crate::machine::{Image, Machine};
use crate::process::Process;
use crate::registry::Registered;
use crate::vfs;
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard};
use tidemark_test_dice::Dice;

/// The disk of one simulated machine. Clones are the same disk, which is gone with the last of them and of its processes.
#[derive(Clone, Debug)]
pub struct SimDisk(Arc<Registered>);

/// A copy of a whole disk at one moment, with what was not synced then. Copies share what did not change between them.
#[derive(Clone, Debug)]
pub struct Snapshot(Arc<Image>);

impl SimDisk {
    /// Makes an empty disk that paths below `/sim/<world>/<machine>` lead to.
    ///
    /// # Panics
    /// There is one already, or a name has a slash or an `@`.
    pub fn new(world: &str, machine: &str) -> Self {
        vfs::register();
        Self(Arc::new(Registered::new(world, machine)))
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.0.core.machine()
    }

    /// Returns the path of its root, as whoever is no process of the machine sees it.
    pub fn root(&self) -> PathBuf {
        PathBuf::from(&self.0.prefix)
    }

    /// Returns the view of one process. A process that died, alone or with the machine, stays dead: whoever starts it
    /// again gives it a number that was not used on this disk. Number 0 is nobody in particular and can always go on.
    pub fn process(&self, number: u32) -> Process {
        Process::new(Arc::clone(&self.0), number)
    }

    /// Returns how many operations there were: all that could change the disk, failed ones included.
    pub fn operations(&self) -> u64 {
        self.machine().faults.operations
    }

    /// Returns how many reads there were.
    pub fn reads(&self) -> u64 {
        self.machine().faults.reads
    }

    /// Plants a fault for an operation; the number of the next one is `operations() + 1`.
    pub fn fail_at(&self, operation: u64, fault: Fault) {
        self.machine().faults.plan(operation, fault);
    }

    /// Plants a fault for a read; the number of the next one is `reads() + 1`.
    pub fn fail_read_at(&self, read: u64, fault: Fault) {
        self.machine().faults.plan_read(read, fault);
    }

    /// Lets a fault stand from now on.
    pub fn fail(&self, fault: Fault) {
        let mut machine = self.machine();
        if fault == Fault::ErrorOnce {
            let next = machine.faults.operations + 1;
            machine.faults.plan(next, fault);
        } else {
            let used = machine.used();
            machine.faults.stand(fault, used);
        }
    }

    /// Makes room on a full disk.
    pub fn free(&self) {
        self.machine().faults.room = None;
    }

    /// Lets the disk have room for so many bytes more.
    pub fn leave_room(&self, bytes: usize) {
        let mut machine = self.machine();
        machine.faults.room = Some(machine.used() + bytes);
    }

    /// Returns how many bytes its files have together.
    pub fn used(&self) -> usize {
        self.machine().used()
    }

    /// Takes away every fault, planned or standing. A machine that has stopped stays so.
    pub fn mend(&self) {
        self.machine().faults.mend();
    }

    /// Turns one bit of a file round, on the disk and for whoever reads; tells whether the file is that long.
    pub fn flip(&self, name: &str, offset: usize, bit: u8) -> bool {
        self.machine().flip(name, offset, bit)
    }

    /// Lets names be lost, too: what is made, renamed or removed lasts once its folder or any file was synced. Not so at
    /// first, since file systems differ in it.
    pub fn names_may_be_lost(&self, lossy: bool) {
        self.machine().names_may_be_lost(lossy);
    }

    /// Cuts the power: every process dies, what was not synced goes as `mode` says, and the machine is off.
    pub fn power_loss(&self, mode: PowerLoss, seed: u64) {
        self.machine().lose_power(mode, &mut Dice::at(seed));
    }

    /// Switches the machine on, or lets one go on that stopped.
    pub fn power_on(&self) {
        self.machine().faults.off = false;
    }

    /// Tells whether the machine runs.
    pub fn is_on(&self) -> bool {
        !self.machine().faults.off
    }

    /// Ends a process as `kill -9` does: what it wrote stays as it is, its locks are released, its files are closed and
    /// fail for ever. Its connections must be dropped, or leaked, before another process goes on: a rollback in memory
    /// that they share with others would be seen there.
    pub fn kill(&self, process: u32) {
        self.machine().kill(process);
    }

    /// Tells whether a process has a file open.
    pub fn is_held_by(&self, process: u32) -> bool {
        self.machine().is_held_by(process)
    }

    /// Copies the whole disk.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(Arc::new(self.machine().image()))
    }

    /// Puts a copy in the place of all that is there, on this or another machine; every process of this one dies.
    pub fn restore(&self, snapshot: &Snapshot) {
        self.machine().put_image(&snapshot.0);
    }

    /// Returns the names of all files, from the root on, in order.
    pub fn files(&self) -> Vec<String> {
        self.machine().names().files().map(|(path, _)| path.clone()).collect()
    }

    /// Reads a file as it is seen now, whether the machine runs or not.
    pub fn read_file(&self, name: &str) -> Option<Vec<u8>> {
        self.machine().named(name).map(|inode| inode.current.all())
    }

    /// Writes down every operation from now on, or no longer.
    pub fn trace(&self, on: bool) {
        self.machine().faults.trace = on.then(Vec::new);
    }

    /// Returns the operations that were written down since this was last asked.
    pub fn take_trace(&self) -> Vec<Operation> {
        self.machine().faults.trace.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
