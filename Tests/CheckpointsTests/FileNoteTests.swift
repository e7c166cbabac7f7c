import Foundation
import Programs
import TestSupport
import Testing

@testable import Checkpoints

/// What is said of files of weights: each note stands in the article's table, and each row is said of some file.
@Suite struct FileNoteTests {
  private static let files = [
    "weights/script.pth", "weights/hostile.pth", "weights/whole-model.pth", "weights/keras-legacy.h5",
    "weights/keras3.weights.h5", "weights/others/ema.pth", "weights/others/quantized.pth", "weights/others/script.pth",
    "weights/others/whole.pth", "weights/others/wrapped.pth", "keras/nested.h5", "keras/others.h5",
    "keras/others.weights.h5", "keras/cudnn.h5",
  ]

  private func notes(_ names: [String], for wanted: Set<String>) -> [String] {
    let tensor = TensorView([1] as [Float])
    let file = Dictionary(uniqueKeysWithValues: names.map { ($0, tensor) })
    return WeightMatch.aligned(file, to: wanted).note.map { $0.components(separatedBy: "; ") } ?? []
  }

  @Test func everyNoteStandsInTheTable() throws {
    let section = try SentenceRow.sections().first { $0.heading == "Notes on files of weights" }
    let rows = try #require(section?.rows)
    let read = try Self.files.flatMap { try WeightsFile(contentsOf: Repository.fixture($0)).notes }
    let aligned =
      notes(["net.a", "net.b"], for: ["a", "b"]) + notes(["a", "b"], for: ["net.a", "net.b"])
      + notes(["rnn.weight_ih_l0"], for: ["rnn.weight_ih"]) + notes(["rnn.weight_ih"], for: ["rnn.weight_ih_l0"])
    let counted = Program(
      architecture: "counted", inputs: [], parameters: [],
      buffers: [TensorSpecification(name: "bn.num_batches_tracked", shape: [], elementType: "int64")],
      nodes: [], outputs: [])
    let fractions = WeightMatch(["bn.num_batches_tracked": TensorView([3] as [Float], shape: [])], to: counted).notes
    var reached: Set<String> = []
    for note in read + [ONNXFile.unnamedNote(3)] + aligned + fractions {
      let row = rows.filter { $0.matches(note) }.max { $0.weight(in: note) < $1.weight(in: note) }
      #expect(row != nil, "not in the table: \(note)")
      if let row { reached.insert(row.template) }
    }
    let never = rows.map(\.template).filter { !reached.contains($0) }
    #expect(never.isEmpty, "never said: \(never)")
  }
}
