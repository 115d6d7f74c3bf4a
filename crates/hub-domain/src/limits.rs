//! How much of the machine a service may use, whether that is enforced, and what it uses now.

/// Upper bounds for one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceLimits {
    cpu_millis: u32,
    memory_mb: u32,
}

/// A limit outside what a service can live with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// CPU share out of range.
    #[error("a CPU limit is between 0.05 and 64 cores, not {0}")]
    Cpu(String),
    /// Memory out of range.
    #[error("a memory limit is between 64 and 1048576 MB, not {0} MB")]
    Memory(u32),
}

impl ResourceLimits {
    /// Least and most CPU, in thousandths of a core.
    const CPU: std::ops::RangeInclusive<u32> = 50..=64_000;
    /// Least and most memory, in MB (2^20 bytes).
    const MEMORY: std::ops::RangeInclusive<u32> = 64..=1_048_576;

    /// Checked limits: `cpu_millis` in thousandths of a core, `memory_mb` in units of 2^20 bytes.
    ///
    /// # Errors
    /// [`LimitsError`] when a value is out of range.
    pub fn new(cpu_millis: u32, memory_mb: u32) -> Result<Self, LimitsError> {
        if !Self::CPU.contains(&cpu_millis) {
            return Err(LimitsError::Cpu(format!("{}", f64::from(cpu_millis) / 1000.0)));
        }
        if !Self::MEMORY.contains(&memory_mb) {
            return Err(LimitsError::Memory(memory_mb));
        }
        Ok(Self { cpu_millis, memory_mb })
    }

    /// Limits known to be in range when the program is compiled.
    pub(crate) const fn constant(cpu_millis: u32, memory_mb: u32) -> Self {
        Self { cpu_millis, memory_mb }
    }

    /// CPU, in thousandths of a core.
    pub const fn cpu_millis(self) -> u32 {
        self.cpu_millis
    }

    /// Memory, in MB (2^20 bytes).
    pub const fn memory_mb(self) -> u32 {
        self.memory_mb
    }
}

/// Whether the limits of a running service bind it. There is no third answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// The kernel holds the service to its limits.
    Enforced {
        /// By which means, e.g. "cgroup v1".
        by: String,
    },
    /// Nothing holds it; the reason is shown to the user.
    NotEnforced {
        /// Why, in words.
        because: String,
    },
}

/// What a service used when it was last measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// CPU over the last measuring interval, in percent of one core.
    pub cpu_percent: f32,
    /// Resident memory of all its processes, in bytes.
    pub memory_bytes: u64,
}
