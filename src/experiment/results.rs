//! Writes the result files from the finished runs, rows sorted by point, replication and keys.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use super::error::ExperimentError;
use super::folder::ResultsFolder;
use super::format::{fingerprint, number, seconds};
use super::manifest::{FileDigest, Manifest};
use super::record::{Latency, RunRecord};
use super::summary::{SUMMARY_COLUMNS, SummaryTable};
use super::wall::Execution;

/// Result files under the promise of equal bytes, in the order of the manifest.
pub const RESULT_FILES: [&str; 8] = [
    "points.csv",
    "signalling.csv",
    "latency.csv",
    "measures.csv",
    "races.csv",
    "timeline.csv",
    "summary.csv",
    "fingerprints.csv",
];

/// The file of wall-clock figures, outside the promise.
pub const TIMING: &str = "timing.csv";

const SIGNALLING_COLUMNS: &str =
    "point,replication,procedure,reference_point,from,to,protocol,message,sent,retransmitted,octets";
const LATENCY_COLUMNS: &str = "point,replication,procedure,class,count,mean_s,p50_s,p90_s,p95_s,p99_s,p999_s,max_s";
const MEASURES_COLUMNS: &str = "point,replication,measure,unit,value";
const RACES_COLUMNS: &str = "point,replication,race,outcome,count";
const TIMELINE_COLUMNS: &str = "point,replication,time_s,node,measure,value";
const FINGERPRINTS_COLUMNS: &str = "point,replication,events,fingerprint";
const TIMING_COLUMNS: &str = "point,replication,figure,unit,value";

/// Quantiles of `latency.csv` in the order of its columns.
const QUANTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// Builds all result files from the finished runs of `folder` and publishes them together.
///
/// # Errors
///
/// When a run cannot be read or a file cannot be written.
pub fn write_results(
    folder: &ResultsFolder,
    identity: &Manifest,
    execution: &Execution,
) -> Result<Manifest, ExperimentError> {
    write_points(folder, identity)?;
    let mut tables = RunTables::create(folder)?;
    let mut summary = SummaryTable::default();
    for point in 0..identity.points.len() {
        let point = u32::try_from(point).expect("points are counted in 32 bits");
        for replication in 0..identity.replications {
            let record = folder.load((point, replication))?;
            tables.append(&record)?;
            summary.add(&record);
        }
    }
    tables.finish(execution)?;
    write_summary(folder, identity, &summary)?;

    let mut manifest = identity.identity();
    for name in RESULT_FILES {
        manifest.results.push(FileDigest::of_file(name, &folder.draft(name))?);
    }
    let names: Vec<&str> = RESULT_FILES.into_iter().chain([TIMING]).collect();
    folder.publish(&names, &manifest)?;
    Ok(manifest)
}

fn write_points(folder: &ResultsFolder, identity: &Manifest) -> Result<(), ExperimentError> {
    let columns = std::iter::once("point").chain(identity.sweep.iter().map(String::as_str));
    let mut table = Table::create(folder, "points.csv", columns)?;
    for (point, values) in identity.points.iter().enumerate() {
        table.row(std::iter::once(&point.to_string()).chain(values))?;
    }
    table.finish()
}

fn write_summary(folder: &ResultsFolder, identity: &Manifest, summary: &SummaryTable) -> Result<(), ExperimentError> {
    let columns = std::iter::once("point").chain(identity.sweep.iter().map(String::as_str)).chain(SUMMARY_COLUMNS);
    let mut table = Table::create(folder, "summary.csv", columns)?;
    for row in summary.rows(identity.points.len()) {
        let (low, high) = row.estimate.interval().map_or((None, None), |(low, high)| (Some(low), Some(high)));
        let figures = [
            row.measure.to_owned(),
            row.unit.to_owned(),
            number(row.estimate.mean),
            number(low),
            number(high),
            row.estimate.replications.to_string(),
        ];
        let values = &identity.points[row.point];
        table.row(std::iter::once(&row.point.to_string()).chain(values).chain(&figures))?;
    }
    table.finish()
}

/// A CSV file that is being written.
struct Table {
    path: PathBuf,
    writer: csv::Writer<BufWriter<File>>,
}

impl Table {
    fn create<'a>(
        folder: &ResultsFolder,
        name: &str,
        columns: impl IntoIterator<Item = &'a str>,
    ) -> Result<Table, ExperimentError> {
        let path = folder.draft(name);
        let file = File::create(&path).map_err(ExperimentError::writing(&path))?;
        let writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(BufWriter::new(file));
        let mut table = Table { path, writer };
        table.row(columns)?;
        Ok(table)
    }

    fn row<F: AsRef<[u8]>>(&mut self, fields: impl IntoIterator<Item = F>) -> Result<(), ExperimentError> {
        self.writer.write_record(fields).map_err(ExperimentError::csv(&self.path))
    }

    fn finish(mut self) -> Result<(), ExperimentError> {
        self.writer.flush().map_err(ExperimentError::writing(&self.path))
    }
}

/// The files with rows per run.
struct RunTables {
    signalling: Table,
    latency: Table,
    measures: Table,
    races: Table,
    timeline: Table,
    fingerprints: Table,
    timing: Table,
}

impl RunTables {
    fn create(folder: &ResultsFolder) -> Result<RunTables, ExperimentError> {
        let create = |name, columns: &str| Table::create(folder, name, columns.split(','));
        Ok(RunTables {
            signalling: create("signalling.csv", SIGNALLING_COLUMNS)?,
            latency: create("latency.csv", LATENCY_COLUMNS)?,
            measures: create("measures.csv", MEASURES_COLUMNS)?,
            races: create("races.csv", RACES_COLUMNS)?,
            timeline: create("timeline.csv", TIMELINE_COLUMNS)?,
            fingerprints: create("fingerprints.csv", FINGERPRINTS_COLUMNS)?,
            timing: create(TIMING, TIMING_COLUMNS)?,
        })
    }

    fn append(&mut self, record: &RunRecord) -> Result<(), ExperimentError> {
        let (point, replication) = (&record.point.to_string(), &record.replication.to_string());
        for row in &record.signalling {
            let (sent, retransmitted, octets) = (row.sent, row.retransmitted, row.octets);
            let counts = [&sent.to_string(), &retransmitted.to_string(), &octets.to_string()];
            let keys = [&row.procedure, &row.reference_point, &row.from, &row.to, &row.protocol, &row.message];
            self.signalling.row([point, replication].into_iter().chain(keys).chain(counts))?;
        }
        for row in &record.latency {
            self.latency.row([point, replication].into_iter().chain(&latency_fields(row)))?;
        }
        for row in &record.measures {
            self.measures.row([point, replication, &row.measure, &row.unit, &number(row.value())])?;
        }
        for row in &record.races {
            self.races.row([point, replication, &row.race, &row.outcome, &row.count.to_string()])?;
        }
        for row in &record.timeline {
            let (time, value) = (seconds(u128::from(row.time_ns)), number(Some(row.value())));
            self.timeline.row([point, replication, &time, &row.node, &row.measure, &value])?;
        }
        self.fingerprints.row([point, replication, &record.events.to_string(), &fingerprint(record.fingerprint)])?;
        self.append_timing(record, [point, replication])
    }

    fn append_timing(&mut self, record: &RunRecord, keys: [&str; 2]) -> Result<(), ExperimentError> {
        let elapsed = record.wall_ns as f64 / 1e9;
        let rate =
            |count: u64| if record.wall_ns == 0 { String::new() } else { format!("{:.0}", count as f64 / elapsed) };
        let rows = [
            ("elapsed", "s", seconds(u128::from(record.wall_ns))),
            ("hops", "1", record.hops.to_string()),
            ("events_per_second", "1/s", rate(record.events)),
            ("hops_per_second", "1/s", rate(record.hops)),
        ];
        for (figure, unit, value) in rows {
            self.timing.row([keys[0], keys[1], figure, unit, &value])?;
        }
        Ok(())
    }

    fn finish(mut self, execution: &Execution) -> Result<(), ExperimentError> {
        for (figure, unit, value) in execution.rows() {
            self.timing.row(["", "", figure, unit, &value])?;
        }
        for table in
            [self.signalling, self.latency, self.measures, self.races, self.timeline, self.fingerprints, self.timing]
        {
            table.finish()?;
        }
        Ok(())
    }
}

/// Procedure, class, count, mean, quantiles and maximum. The mean is exact to a nanosecond; quantiles and the maximum
/// are upper ends of histogram buckets.
fn latency_fields(row: &Latency) -> Vec<String> {
    let histogram = row.histogram();
    let count = histogram.len();
    let mut fields = vec![row.procedure.clone(), row.class.clone(), count.to_string()];
    if count == 0 {
        fields.extend(std::iter::repeat_n(String::new(), QUANTILES.len() + 2));
        return fields;
    }
    let n = u128::from(count);
    fields.push(seconds((row.sum_ns() + n / 2) / n));
    fields.extend(QUANTILES.map(|quantile| seconds(u128::from(histogram.value_at_quantile(quantile)))));
    fields.push(seconds(u128::from(histogram.max())));
    fields
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::experiment::folder::Opened;
    use crate::experiment::synthetic;

    #[test]
    fn result_files_are_exactly_these() {
        let dir = tempfile::tempdir().unwrap();
        let identity = synthetic::identity(1, 2);
        let Opened::Unfinished(folder) = ResultsFolder::open(dir.path(), &identity, false).unwrap() else {
            panic!("a new folder is unfinished");
        };
        for replication in [1, 0] {
            let results = synthetic::run(&0, identity.seed, u64::from(replication));
            folder.keep(&RunRecord::new(0, replication, results, 0)).unwrap();
        }
        let manifest = write_results(&folder, &identity, &Execution::start(1, String::new())).unwrap();
        let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
        for (name, expected) in GOLDEN {
            assert_eq!(read(name), expected.trim_start(), "{name}");
        }
        assert_eq!(read(super::super::manifest::MANIFEST), manifest.to_text());
        assert_eq!(manifest.results.len(), RESULT_FILES.len());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), RESULT_FILES.len() + 2, "nothing else is left");
    }

    const GOLDEN: [(&str, &str); 8] = [
        (
            "points.csv",
            "
point,load
0,1
",
        ),
        (
            "signalling.csv",
            "
point,replication,procedure,reference_point,from,to,protocol,message,sent,retransmitted,octets
0,0,pager,Gm,terminal,p,SIP,200 MESSAGE,10,0,5000
0,0,pager,Gm,terminal,p,SIP,MESSAGE,10,0,5000
0,1,pager,Gm,terminal,p,SIP,200 MESSAGE,11,0,5500
0,1,pager,Gm,terminal,p,SIP,MESSAGE,11,1,6000
",
        ),
        (
            "latency.csv",
            "
point,replication,procedure,class,count,mean_s,p50_s,p90_s,p95_s,p99_s,p999_s,max_s
0,0,pager,chat,10,0.005500007,0.005001215,0.009003007,0.010002431,0.010002431,0.010002431,0.010002431
0,0,pager,silent,0,,,,,,,
0,1,pager,chat,11,0.006000007,0.006000639,0.010002431,0.011001855,0.011001855,0.011001855,0.011001855
0,1,pager,silent,0,,,,,,,
",
        ),
        (
            "measures.csv",
            "
point,replication,measure,unit,value
0,0,ser,%,
0,0,utilisation.p,1,3.3333333333333335
0,1,ser,%,99.5
0,1,utilisation.p,1,3.6666666666666665
",
        ),
        (
            "races.csv",
            "
point,replication,race,outcome,count
0,1,RACE-1,lost,2
",
        ),
        (
            "timeline.csv",
            "
point,replication,time_s,node,measure,value
0,0,0.500000000,p,queue,1.5
0,1,0.500000000,p,queue,1.5
",
        ),
        (
            "summary.csv",
            "
point,load,measure,unit,mean,ci95_low,ci95_high,replications
0,1,latency.pager.chat.mean_s,s,0.005750007,0.002573455815956333,0.008926558184043667,2
0,1,latency.pager.chat.p50_s,s,0.005500927,-0.0008485159811233217,0.011850369981123321,2
0,1,latency.pager.chat.p95_s,s,0.010502143,0.00415270001887669,0.01685158598112331,2
0,1,latency.pager.chat.p99_s,s,0.010502143,0.00415270001887669,0.01685158598112331,2
0,1,latency.pager.silent.mean_s,s,,,,0
0,1,latency.pager.silent.p50_s,s,,,,0
0,1,latency.pager.silent.p95_s,s,,,,0
0,1,latency.pager.silent.p99_s,s,,,,0
0,1,octets.pager.Gm,octets,10750,1220.346447868993,20279.653552131007,2
0,1,octets.pager.total,octets,10750,1220.346447868993,20279.653552131007,2
0,1,octets.total,octets,10750,1220.346447868993,20279.653552131007,2
0,1,races.RACE-1.lost,1,1,-11.706204736174676,13.706204736174676,2
0,1,ser,%,99.5,,,1
0,1,signalling.pager.Gm,1,21.5,2.440692895737989,40.55930710426201,2
0,1,signalling.pager.total,1,21.5,2.440692895737989,40.55930710426201,2
0,1,signalling.total,1,21.5,2.440692895737989,40.55930710426201,2
0,1,utilisation.p,1,3.5,1.382299210637556,5.617700789362444,2
",
        ),
        (
            "fingerprints.csv",
            "
point,replication,events,fingerprint
0,0,110,000000000000abca
0,1,111,000000000000abcb
",
        ),
    ];
}
