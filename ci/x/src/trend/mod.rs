//! `cargo x trend`: a page from the records of all measurements.
//!
//! | module | what it does |
//! |---|---|
//! | [`records`] | reads a folder of records ([`crate::provenance`]), sorted by date |
//! | [`chart`] | lines over the records, as SVG |
//! | [`page`] | the page: charts, tables, what differs |
//!
//! The page is one HTML file without scripts that needs neither a server nor the
//! network. Two records are put on one line only if they can be compared: same
//! kind, same machine, same settings.
//!
//! Example: `cargo x trend` writes target/results/trend.html from all
//! `*.json` in target/results.

mod chart;
mod page;
mod records;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::provenance;
use crate::repo::Repo;

/// Options of `cargo x trend`.
#[derive(clap::Args)]
pub struct TrendArgs {
    /// The folder of the records; without it, target/results.
    folder: Option<PathBuf>,
    /// Where to write the page; without it, trend.html in that folder.
    #[arg(long)]
    output: Option<PathBuf>,
}

/// Runs `cargo x trend`.
///
/// # Errors
/// When there is no record, or the page cannot be written.
pub fn trend(repo: &Repo, args: &TrendArgs) -> Result<()> {
    let folder = args.folder.clone();
    let folder = folder.unwrap_or_else(|| provenance::default_folder(repo));
    let (records, refused) = records::read(&folder)?;
    for reason in &refused {
        eprintln!("left out: {reason}");
    }
    ensure!(
        !records.is_empty(),
        "no records in {}: cargo x bench, pyperf, regrtest and fuzz write them",
        repo.show(&folder)
    );
    let output = args.output.clone();
    let output = output.unwrap_or_else(|| folder.join("trend.html"));
    let text = page::page(&records, &refused);
    fs::write(&output, text).with_context(|| format!("writing {}", output.display()))?;
    println!("{}", repo.show(&output));
    Ok(())
}
