import Analysis
import ArgumentParser
import Checkpoints
import Findings
import Reports

struct DriftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift", abstract: "How far the weights moved, for each tensor, layer and in total.",
    discussion: """
      Each side is a checkpoint, a run (its last epoch), or weights from elsewhere: .pt2, .pt, .pth, .safetensors, \
      Keras' .h5 or .weights.h5, any HDF5 file of tensors. The kinds may differ.
      """)

  @Argument(help: "The file before, or a run: its epoch 0 is then compared with its last.")
  var before: String

  @Argument(help: "The file after.")
  var after: String?

  @Flag(help: "A row for each tensor rather than each layer.")
  var tensors = false

  @OptionGroup var shared: OutputOptions

  func run() throws {
    let pair = try CheckpointPair(before, after)
    let (first, second) = (
      try ComparedWeights(contentsOf: pair.before), try ComparedWeights(contentsOf: pair.after)
    )
    let drift = WeightDrift(before: first, after: second)
    for note in ComparedWeights.notes(first, second) { Console.say(note) }
    guard !drift.parameters.isEmpty else {
      throw CheckpointError.malformed(path: pair.after, reason: "none of its tensors is one of \(pair.before)'s")
    }
    guard !shared.json else {
      Console.result(json(drift))
      return
    }
    Console.result("\(pair.before) → \(pair.after)")
    var table = TextTable([
      .init(tensors ? "tensor" : "layer"), .number("relative drift"), .number("L2"), .number("cosine"),
      .number("largest change"),
    ])
    func append(_ name: String, _ relative: Double, _ l2: Double, _ cosine: Double, _ largest: Double) {
      table.append([
        name, Show.number(relative, 4), Show.number(l2, 4), Show.number(cosine, 5), Show.number(largest, 4),
      ])
    }
    if tensors {
      for row in drift.parameters { append(row.name, row.relative, row.l2, row.cosine, row.maxAbsolute) }
    } else {
      for row in drift.layers { append(row.layer, row.relative, row.l2, row.cosine, row.maxAbsolute) }
    }
    table.append(["total", Show.number(drift.total.relative, 4), Show.number(drift.total.l2, 4)])
    Console.table(table)
    for mismatch in drift.shapeMismatches {
      Console.result("\(mismatch.name): not compared, \(Show.shape(mismatch.before)) and \(Show.shape(mismatch.after))")
    }
    for (names, file) in [(drift.onlyInA, pair.before), (drift.onlyInB, pair.after)] where !names.isEmpty {
      Console.result("only in \(file): \(Show.list(names, first: 12))")
    }
  }

  private func json(_ drift: WeightDrift) -> JSONValue {
    [
      "parameters": .array(
        drift.parameters.map { row in
          [
            "name": .string(row.name), "shape": .array(row.shape.map { .int($0) }), "l2": .double(row.l2),
            "relative": .double(row.relative), "cosine": .double(row.cosine), "maxAbsolute": .double(row.maxAbsolute),
          ]
        }),
      "layers": .array(
        drift.layers.map { row in
          [
            "layer": .string(row.layer), "l2": .double(row.l2), "relative": .double(row.relative),
            "cosine": .double(row.cosine), "maxAbsolute": .double(row.maxAbsolute),
          ]
        }), "total": ["l2": .double(drift.total.l2), "relative": .double(drift.total.relative)],
      "onlyInA": .array(drift.onlyInA.map { .string($0) }), "onlyInB": .array(drift.onlyInB.map { .string($0) }),
    ]
  }
}

/// Two checkpoints to compare: two files, or the first and last epoch of a run.
struct CheckpointPair {
  let before: String
  let after: String

  init(_ first: String, _ second: String?) throws {
    if let second {
      before = try WeightsPath(first).path
      after = try WeightsPath(second).path
    } else {
      guard let run = try? Run.open(first) else {
        throw CommandError.usage("\(first) is not a run; give two files, or one run")
      }
      before = run.checkpointPath(epoch: 0)
      after = run.checkpointPath(epoch: run.chosenEpoch)
    }
  }
}
