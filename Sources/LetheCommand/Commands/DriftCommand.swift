import Analysis
import ArgumentParser
import Checkpoints
import Findings
import Reports

struct DriftCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "drift", abstract: "How far the weights moved, for each tensor, layer and in total.",
    discussion: """
      Each side is a checkpoint, a run (its last epoch), or weights from elsewhere: .pt2, .pt, .pth, .safetensors, .onnx, \
      Keras' .h5, .weights.h5 or .keras, any HDF5 file of tensors. The kinds may differ.
      """)

  @Argument(help: "The file before, or a run: its epoch 0 is then compared with its last.", completion: .path)
  var before: String

  @Argument(help: "The file after.", completion: .path)
  var after: String?

  @Option(
    help: ArgumentHelp(
      "The entry of a PyTorch file that is the state dict, as ema or model.state_dict; twice for before and after.",
      valueName: "entry"))
  var state: [String] = []

  @Flag(help: "A row for each tensor rather than each layer.")
  var tensors = false

  @OptionGroup var tables: TableOptions
  @OptionGroup var shared: OutputOptions

  func run() throws {
    let pair = try CheckpointPair(before, after)
    guard state.count <= 2 else {
      throw CommandError.usage("--state: one for both files, or two; found \(state.count)")
    }
    let (first, second) = (
      try ComparedWeights(contentsOf: pair.before, state: state.first),
      try ComparedWeights(contentsOf: pair.after, state: state.last)
    )
    var drift = WeightDrift(before: first, after: second)
    drift.epoch = pair.epoch
    for note in ComparedWeights.notes(first, second) { Console.say(note) }
    guard !drift.parameters.isEmpty else {
      throw CheckpointError.malformed(path: pair.after, reason: "none of its tensors is one of \(pair.before)'s")
    }
    guard !shared.json else {
      try Console.result(FindingEncoder.encode(drift))
      return
    }
    Console.result("\(pair.before) → \(pair.after)")
    Console.table(
      tensors ? drift.tensorTable() : drift.layerTable(), of: tensors ? "tensor" : "layer", all: tables.all)
    for mismatch in drift.shapeMismatches {
      Console.result(
        "\(mismatch.name): not compared, \(NumberText.shape(mismatch.before)) and \(NumberText.shape(mismatch.after))")
    }
    for (names, file) in [(drift.onlyInA, pair.before), (drift.onlyInB, pair.after)] where !names.isEmpty {
      Console.result("only in \(file): \(listed(names, first: 12))")
    }
  }
}

/// Two checkpoints to compare: two files, or the first and last epoch of a run.
struct CheckpointPair {
  let before: String
  let after: String
  /// The run; nil for two files.
  let run: Run?
  /// The epoch of the run that is compared with its epoch 0; nil for two files.
  let epoch: Int?

  init(_ first: String, _ second: String?) throws {
    if let second {
      before = try WeightsPath(first).path
      after = try WeightsPath(second).path
      (run, epoch) = (nil, nil)
    } else {
      guard let run = try? Run.open(first) else {
        throw CommandError.usage("\(first) is not a run; give two files, or one run")
      }
      try run.requireEpoch()
      before = run.checkpointPath(epoch: 0)
      after = run.checkpointPath(epoch: run.chosenEpoch)
      (self.run, epoch) = (run, run.chosenEpoch)
    }
  }
}
