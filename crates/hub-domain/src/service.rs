//! The four services of a stack, and a container with one value for each.

use std::fmt;
use std::ops::{Index, IndexMut};
use std::str::FromStr;

/// One of the four services that make up a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// PostgreSQL, the stack's database.
    Postgres,
    /// Redis, the stack's event broker and cache.
    Redis,
    /// The workbench's FastAPI backend.
    Backend,
    /// The workbench's page, served by Vite.
    Frontend,
}

/// A name that is none of the four services.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no service \"{0}\"; the services are postgres, redis, backend and frontend")]
pub struct UnknownService(pub String);

impl Service {
    /// All services, in start order.
    pub const ALL: [Self; 4] = [Self::Postgres, Self::Redis, Self::Backend, Self::Frontend];

    /// The name used in commands, files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Backend => "backend",
            Self::Frontend => "frontend",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Service {
    type Err = UnknownService;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| UnknownService(text.to_owned()))
    }
}

/// One value for each service; always complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerService<T> {
    /// For PostgreSQL.
    pub postgres: T,
    /// For Redis.
    pub redis: T,
    /// For the backend.
    pub backend: T,
    /// For the frontend.
    pub frontend: T,
}

impl<T> PerService<T> {
    /// Asks `make` for each service's value, in start order.
    pub fn from_fn(mut make: impl FnMut(Service) -> T) -> Self {
        Self {
            postgres: make(Service::Postgres),
            redis: make(Service::Redis),
            backend: make(Service::Backend),
            frontend: make(Service::Frontend),
        }
    }

    /// The pairs of service and value, in start order.
    pub fn iter(&self) -> impl Iterator<Item = (Service, &T)> {
        Service::ALL.into_iter().map(|s| (s, &self[s]))
    }

    /// The same shape with other values.
    pub fn map<U>(&self, mut f: impl FnMut(Service, &T) -> U) -> PerService<U> {
        PerService::from_fn(|s| f(s, &self[s]))
    }
}

impl<T> Index<Service> for PerService<T> {
    type Output = T;

    fn index(&self, service: Service) -> &T {
        match service {
            Service::Postgres => &self.postgres,
            Service::Redis => &self.redis,
            Service::Backend => &self.backend,
            Service::Frontend => &self.frontend,
        }
    }
}

impl<T> IndexMut<Service> for PerService<T> {
    fn index_mut(&mut self, service: Service) -> &mut T {
        match service {
            Service::Postgres => &mut self.postgres,
            Service::Redis => &mut self.redis,
            Service::Backend => &mut self.backend,
            Service::Frontend => &mut self.frontend,
        }
    }
}
