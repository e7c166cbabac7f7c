import Foundation
import Metrics
import Testing
import Training

@testable import LetheCommand

/// Configuration files and stored options that were changed at random, by a fixed seed: they are read, or refused in one
/// line; nothing else happens. The readers of other files have libFuzzer, `make fuzz`.
@Suite struct ChangedConfigurationTests {
  private static let tokens = [
    "&a", "*a", "!!int", "- ", "? ", ": ", "{", "}", "[", "]", "|", ">", "\"", "'", "#", "\n", "\t", "\u{0}", "\u{85}",
    "9223372036854775808", "-1", "1e400", "nan", "null", "~", "---\n", "%YAML 9\n", "<<", "é", "\u{202e}", "true", "=",
  ].map { Array($0.utf8) }

  /// One or two changes: a bit, a part that is left out, repeated or moved, a token of the language.
  private static func changed(_ bytes: [UInt8], _ random: inout RandomSource) -> [UInt8] {
    var bytes = bytes
    for _ in 0...Int.random(in: 0..<2, using: &random) where !bytes.isEmpty {
      let start = Int.random(in: 0..<bytes.count, using: &random)
      let part = start..<min(bytes.count, start + Int.random(in: 1...20, using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes.removeSubrange(part)
      case 2: bytes.insert(contentsOf: bytes[part], at: Int.random(in: 0...bytes.count, using: &random))
      default: bytes.insert(contentsOf: tokens.randomElement(using: &random) ?? [], at: start)
      }
    }
    return bytes
  }

  @Test func aChangedConfigurationIsReadOrRefusedInOneLine() throws {
    let given = [
      "x.h5", "--data", "fashion-mnist:0-4", "-o", "run", "--lr", "0.1", "--lr", "fc*=0.01", "--schedule",
      "step:10,0.1", "--regularizer", "l2-sp:alpha=0.1", "--freeze", "conv*", "--best",
      "target subject to source >= 0.9",
    ]
    let seed = EffectiveOptions(of: try TrainCommand.parse(given)).repeatable.yaml
    let description = CommandDescription(of: TrainCommand.self)
    var random = RandomSource(seed: 17)
    var counts = (read: 0, refused: 0)
    for number in 0..<400 {
      let text = String(decoding: Self.changed(Array(seed.utf8), &random), as: UTF8.self)
      do {
        let words = try ConfigurationFile(yaml: text, origin: "c.yaml")
          .words(for: description, subcommand: "train", except: [])
        let command = try TrainCommand.parse(words)
        _ = try command.training.options(command.regularizers)
        counts.read += 1
      } catch {
        counts.refused += 1
        if let error = error as? CommandError {
          #expect(!Console.printable("\(error)").contains("\n"), "text \(number): \(error)\n\(text)")
        }
      }
    }
    #expect(counts.read > 10 && counts.refused > 100, "\(counts)")
  }

  @Test func changedStoredOptionsAreReadOrRefused() throws {
    var options = TrainingOptions()
    options.regularizers = [try RegularizerSpecification(parsing: "l2-sp:alpha=0.1")]
    options.schedule = Schedule(try #require(Schedule.Shape("step:10,0.1")), warmupEpochs: 1)
    let seed = try options.json
    #expect(TrainingOptions(json: seed) == options)
    var random = RandomSource(seed: 18)
    var counts = (read: 0, refused: 0)
    for _ in 0..<4000 {
      let text = String(decoding: Self.changed(Array(seed.utf8), &random), as: UTF8.self)
      guard let read = TrainingOptions(json: text) else {
        counts.refused += 1
        continue
      }
      // What is out of range is refused before it is computed with.
      if (try? read.validate()) != nil { _ = read.schedule.factor(step: 3, stepsPerEpoch: 2, epochCount: 5) }
      counts.read += 1
    }
    #expect(counts.read > 10 && counts.refused > 100, "\(counts)")
  }
}
