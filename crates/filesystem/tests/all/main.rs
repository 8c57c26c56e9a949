//! Against the tools of the formats, and against images of other makers.

mod conformance;
mod corpus;
mod damage;
mod ext;
mod fat;
mod journal;
mod support;
