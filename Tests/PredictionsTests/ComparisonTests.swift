import Findings
import Foundation
import Metrics
import TestSupport
import Testing

@testable import Predictions

/// Files of predictions in a folder of their own.
struct PredictionFiles {
  let folder: TemporaryFolder
  let before: String
  let after: String

  init(_ before: String, _ after: String, kind: String = "csv") throws {
    folder = try TemporaryFolder()
    self.before = folder.file("before.\(kind)")
    self.after = folder.file("after.\(kind)")
    try Data(before.utf8).write(to: URL(fileURLWithPath: self.before))
    try Data(after.utf8).write(to: URL(fileURLWithPath: self.after))
  }

  func compared(_ choice: ColumnChoice = ColumnChoice()) throws -> ComparisonFinding {
    var random = RandomSource(seed: 1)
    return try ComparisonFinding(before: before, after: after, columns: choice, using: &random)
  }

  /// What is wrong with them, without the folder.
  func fault(_ choice: ColumnChoice = ColumnChoice()) throws -> String? {
    do {
      _ = try compared(choice)
      return nil
    } catch let error as PredictionError {
      return "\(error)".replacing(folder.path + "/", with: "")
    }
  }
}

@Suite struct ComparisonTests {
  /// 60 examples of a, 60 of b: before all right; after 20 of a are called b, and 5 of b a.
  private static func twoClasses(id: Bool = true) -> (before: String, after: String) {
    let rows: [(label: String, said: String)] = (0..<120).map { row in
      let label = row < 60 ? "a" : "b"
      let isWrong = row < 20 || (60..<65).contains(row)
      return (label, isWrong ? (label == "a" ? "b" : "a") : label)
    }
    func text(_ said: (Int) -> String, reversed: Bool) -> String {
      let lines = rows.enumerated().map { row, entry in
        (id ? "x\(row)," : "") + "\(entry.label),\(said(row))"
      }
      return (id ? "Image," : "") + "label,pred\n" + (reversed ? lines.reversed() : lines).joined(separator: "\n")
    }
    return (text({ rows[$0].label }, reversed: false), text({ rows[$0].said }, reversed: id))
  }

  @Test func rightAndWrongAreCountedWhateverTheOrderOfRows() throws {
    let (before, after) = Self.twoClasses()
    let finding = try PredictionFiles(before, after).compared()
    #expect(finding.score == .accuracy && finding.whole.before == 1)
    #expect(abs(finding.whole.after - 95.0 / 120) < 1e-12)
    #expect(finding.whole.lost == 25 && finding.whole.gained == 0 && finding.whole.count == 120)
    // McNemar: 2 · (1/2)²⁵.
    #expect(abs(finding.whole.pValue - 2 * pow(0.5, 25)) < 1e-15)
    #expect(finding.whole.change == .loss && finding.whole.loss.low > 0.1 && finding.whole.loss.high < 0.3)
    // Always naming a is right on one half; of the other half 25 of 60 went.
    #expect(finding.chance == 0.5)
    #expect(abs((finding.relative ?? 0) - 25.0 / 60) < 1e-12)
    #expect(finding.groupedBy == "label" && finding.groups.map(\.name) == ["a", "b"])
    #expect(finding.groups.map(\.compared.lost) == [20, 5])
    #expect(finding.changed.count == 25 && finding.changed[0].id == "x0")
    #expect(finding.changed[0].label == "a" && finding.changed[0].before == "a" && finding.changed[0].after == "b")
    #expect(finding.columns.map(\.name) == ["Image", "label", "pred"])
  }

  /// b: 5 of 60 lost, p = 2 · 0.5⁵ = 0.0625, which is not established; a is, with p = 2 · 0.5²⁰, doubled for two groups.
  @Test func groupsAreEstablishedTogether() throws {
    let (before, after) = Self.twoClasses()
    let groups = try PredictionFiles(before, after).compared().groups
    #expect(groups.map(\.compared.change) == [.loss, .none])
    #expect(abs(groups[0].compared.pValue - 4 * pow(0.5, 20)) < 1e-15 && groups[1].compared.pValue == 0.0625)
    // Student's of confidence 0.975: mean 1/3, s = √(20/60 · 40/60 · 60/59) = 0.47538, t(59, 0.9875) = 2.3000 (scipy),
    // 0.33333 ± 2.3000 · 0.47538 / √60.
    let loss = groups[0].compared.loss
    #expect(abs(loss.low - 0.19218) < 2e-4 && abs(loss.high - 0.47449) < 2e-4, "\(loss)")
  }

  @Test func withoutNamesRowsArePairedByTheirOrder() throws {
    let (before, after) = Self.twoClasses(id: false)
    let finding = try PredictionFiles(before, after).compared()
    #expect(finding.whole.lost == 25 && finding.changed[0].id == "1")
    let short = after.split(separator: "\n").dropLast().joined(separator: "\n")
    let fault = try PredictionFiles(before, short).fault()
    #expect(fault == "before.csv has 120 rows, after.csv 119, and no column names the examples")
  }

  @Test func anyScoreIsComparedByItsMean() throws {
    // Each of 80 loses 0.1, but for every fourth, which gains 0.2: the mean loss is 0.025.
    func text(_ score: (Int) -> Double) -> String {
      "id,bleu\n" + (0..<80).map { "\($0),\(score($0))" }.joined(separator: "\n")
    }
    let files = try PredictionFiles(
      text { Double($0 % 7) }, text { Double($0 % 7) - ($0 % 4 == 0 ? -0.2 : 0.1) })
    let finding = try files.compared()
    #expect(finding.score == Score(name: "bleu", unit: .number, direction: .up))
    #expect(abs(finding.whole.loss.value - 0.025) < 1e-12 && finding.whole.lost == 60 && finding.whole.gained == 20)
    #expect(finding.groups.isEmpty && finding.chance == nil && finding.changed.count == 20)
    let turned = try files.compared(ColumnChoice(lessIsBetter: true))
    #expect(turned.score.direction == .down && abs(turned.whole.loss.value + 0.025) < 1e-12)
    #expect(turned.whole.lost == 20)
  }

  @Test func aScoreSaysByItsNameWhichWayIsBetter() throws {
    func finding(_ name: String, _ before: String, _ after: String) throws -> ComparisonFinding {
      func text(_ value: String) -> String {
        "id,\(name)\n" + (0..<60).map { "\($0),\(value)" }.joined(separator: "\n")
      }
      return try PredictionFiles(text(before), text(after)).compared(ColumnChoice(named: [.score: name]))
    }
    let loss = try finding("val_loss", "0.5", "0.75")
    #expect(loss.score == Score(name: "val_loss", unit: .number, direction: .down))
    #expect(loss.whole.loss.value == 0.25 && loss.whole.change == .loss)
    let share = try finding("rouge", "0.5", "0.75")
    #expect(share.score.unit == .fraction && share.whole.change == .gain)
    // Every example is wrong after where none was.
    let error = try finding("error", "0", "1")
    #expect(error.score == .accuracy && error.whole.before == 1 && error.whole.after == 0)
    let words = try finding("correct", "TRUE", "false")
    #expect(words.score == .accuracy && words.whole.before == 1 && words.whole.after == 0)
    #expect(words.changed.first?.before == nil)
  }

  @Test func numbersAreTheSameHoweverTheyAreWritten() throws {
    let files = try PredictionFiles(
      "id,y_true,y_pred\n0,3,3.0\n1,3,4\n2,x,x\n3,,\n", "id,y_true,y_pred\n0,3,\n1,3,3\n2,x,y\n3,,\n")
    #expect(try files.fault() == "before.csv: row 4, column 'y_true': expected the label, found nothing")
    let whole = try PredictionFiles(
      "id,y_true,y_pred\n0,3,3.0\n1,3,4\n2,x,x\n", "id,y_true,y_pred\n0,3,\n1,3,3\n2,x,y\n"
    ).compared().whole
    #expect(whole.lost == 2 && whole.gained == 1 && whole.tooLittle == .fewExamples && whole.change == .none)
  }
}
