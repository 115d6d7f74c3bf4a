/*
 * Loaded into Node's test runner and into each of its files before anything else. With `--test-force-exit` both end as
 * soon as the last event was read, not when it was written: on a busy machine results were lost without a word. Here
 * they are written first.
 */
const exit = process.exit.bind(process);
const write = process.stdout.write.bind(process.stdout);
/** A file's report takes no time but its own: a turn of the loop in which none of it was written is behind its end. */
const SILENT_TURNS = 10;
let written = 0;

process.stdout.write = (...words) => {
  written += 1;
  return write(...words);
};

/** In a file of tests, which may have left connections open. */
function afterTheReport(code) {
  let seen = written;
  let silent = 0;
  const look = () => {
    silent = written === seen && process.stdout.writableLength === 0 ? silent + 1 : 0;
    seen = written;
    if (silent < SILENT_TURNS) setImmediate(look);
    else exit(code);
  };
  look();
}

// The runner itself has nothing left open, and ends by itself when its results are on the disk.
process.exit =
  process.env.NODE_TEST_CONTEXT === undefined
    ? (code) => {
        process.exitCode = code ?? process.exitCode;
      }
    : afterTheReport;
