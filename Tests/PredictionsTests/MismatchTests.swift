import Foundation
import TestSupport
import Testing

@testable import Predictions

/// Files that cannot be compared: one line says which examples, and how many.
@Suite struct MismatchTests {
  private static let good = "id,label,prediction\na,0,0\nb,1,1\nc,1,0\n"

  @Test(arguments: [
    (
      "id,label,prediction\na,0,0\nb,1,1\nd,1,0\ne,1,0\n",
      "before.csv and after.csv: not of the same examples: 1 example only in before.csv (c); "
        + "2 examples only in after.csv (d, e)"
    ),
    (
      "id,label,prediction\na,0,0\nb,1,1\n",
      "before.csv and after.csv: not of the same examples: 1 example only in before.csv (c)"
    ),
    (
      "id,label,prediction\na,0,0\nb,1,1\nc,1,0\nb,1,1\na,0,0\n",
      "after.csv: 2 examples more than once: 'b' in row 2 and row 4"
    ),
    (
      "id,label,prediction\na,0,0\nb,0,1\nc,0,0\n",
      "after.csv: 2 examples with another label than in before.csv: 'b' has '0', expected '1'"
    ),
    (
      "id,score\na,0.5\nb,0.5\nc,0.5\n",
      "after.csv: expected the prediction 'prediction' of the label 'label', as in before.csv, found the score 'score'"
    ),
    ("id,size\na,0.5\n", "after.csv: expected a score, or a label and a prediction; its columns are id, size"),
    ("id,label,prediction\na,0\n", "after.csv: row 1: expected 3 fields, found 2"),
    ("id,acc\na,1\nb,x\nc,1\n", "after.csv: row 2, column 'acc': expected a number, or true or false, found 'x'"),
    ("", "after.csv: it is empty"),
    ("id,id\na,b\n", "after.csv: two columns have one name"),
  ])
  func whatIsWrongIsALine(after: String, words: String) throws {
    #expect(try PredictionFiles(Self.good, after).fault() == words)
  }

  @Test func aColumnThatIsNotThereIsNamed() throws {
    let files = try PredictionFiles(Self.good, Self.good)
    #expect(
      try files.fault(ColumnChoice(named: [.group: "kind"]))
        == "before.csv: no column 'kind' for the group; it has id, label, prediction")
    #expect(throws: PredictionError.notFound(path: "nowhere")) { try PredictionFile.rows(of: "nowhere", filter: nil) }
  }

  @Test func whatIsNoTextIsRefused() throws {
    let files = try PredictionFiles(Self.good, Self.good)
    try Data([0x69, 0x64, 0x2C, 0xFF, 0x0A, 0x31, 0x2C, 0x31]).write(to: URL(fileURLWithPath: files.after))
    #expect(try files.fault() == "after.csv: it is not text in UTF-8")
    try Data([0x1F, 0x8B, 8, 0]).write(to: URL(fileURLWithPath: files.after))
    #expect(try files.fault()?.hasPrefix("after.csv: it is compressed") == true)
  }
}
