import ArgumentParser

/// Of commands that several processes can run together.
struct ProcessOptions: ExecutionOptions {
  @Option(
    help: ArgumentHelp(
      "Seconds that several processes wait for one another.",
      discussion: """
        They are started by a launcher: torchrun --no-python --nproc-per-node 4 lethe …. train and finetune share each \
        step's batch among them, sweep and transfer the runs, and what looks at models the examples.
        """))
  var processTimeout = 1800

  mutating func validate() throws {
    try Bounds.check(processTimeout, of: "--process-timeout", atMost: 1_000_000)
  }
}

/// A command that several processes can run together: what is asked of each is what is asked of all.
protocol SharedCommand: ParsableCommand {}

extension TrainCommand: SharedCommand {}
extension FinetuneCommand: SharedCommand {}
extension SweepCommand: SharedCommand {}
extension TransferCommand: SharedCommand {}
extension EvaluateCommand: SharedCommand {}
extension DiagnoseCommand: SharedCommand {}
extension CKACommand: SharedCommand {}
extension ProbeCommand: SharedCommand {}
extension RewindCommand: SharedCommand {}
extension InterpolateCommand: SharedCommand {}
