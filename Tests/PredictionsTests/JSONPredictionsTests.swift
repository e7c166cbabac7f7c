import Findings
import Foundation
import TestSupport
import Testing

@testable import Predictions

@Suite struct JSONPredictionsTests {
  /// Rows as lm-evaluation-harness 0.4 writes them: two filters of each document, prompts and answers beside the scores.
  private static func samples(_ scores: [(strict: Double, flexible: Double)], hash: String = "h") -> String {
    scores.enumerated().flatMap { document, score in
      [("strict-match", score.strict), ("flexible-extract", score.flexible)].map { filter, value in
        """
        {"doc_id": \(document), "doc": {"question": "a \\"b\\" {", "subject": "s\(document % 2)"}, "target": "\(document)", \
        "arguments": {"gen_args_0": {"arg_0": "q]", "arg_1": {"until": ["\\n"]}}}, "resps": [["x\\\\"]], \
        "filtered_resps": ["x"], "filter": "\(filter)", "metrics": ["bleu_list", "exact_match", "acc"], \
        "doc_hash": "\(hash)\(document)", "bleu_list": [1, 2], "acc": 0.0, "exact_match": \(value)}
        """
      }
    }.joined(separator: "\n") + "\n"
  }

  @Test func theHarnesssSamplesAreReadByDocumentAndFilter() throws {
    let before = (0..<60).map { _ in (strict: 1.0, flexible: 1.0) }
    let after = (0..<60).map { (strict: $0 < 15 ? 0.0 : 1.0, flexible: 1.0) }
    let files = try PredictionFiles(Self.samples(before), Self.samples(after), kind: "jsonl")
    let finding = try files.compared(ColumnChoice(named: [.group: "doc.subject"]))
    #expect(finding.filter == "strict-match" && finding.whole.lost == 15 && finding.whole.count == 60)
    #expect(finding.columns.map(\.name) == ["doc_id", "exact_match"])
    #expect(finding.groupedBy == "doc.subject" && finding.groups.map(\.compared.count) == [30, 30])
    #expect(finding.groups.map(\.compared.lost) == [8, 7])
    #expect(finding.chance == nil, "answers that are all different are no classes")
    let flexible = try files.compared(ColumnChoice(filter: "flexible-extract"))
    #expect(flexible.whole.lost == 0 && flexible.whole.change == .none)
    #expect(
      try files.fault(ColumnChoice(filter: "none"))
        == "before.jsonl: no filter 'none'; it has strict-match, flexible-extract")
    let acc = try files.compared(ColumnChoice(named: [.score: "acc"]))
    #expect(acc.whole.before == 0)
  }

  @Test func otherDocumentsUnderTheSameNumbersAreRefused() throws {
    let scores = (0..<60).map { _ in (strict: 1.0, flexible: 1.0) }
    let files = try PredictionFiles(Self.samples(scores), Self.samples(scores, hash: "k"), kind: "jsonl")
    #expect(
      try files.fault()
        == "after.jsonl: 60 examples with another document than in before.jsonl: '0' has 'k0', expected 'h0'")
  }

  /// As the harness wrote them before 0.4.3, and as others do.
  @Test func aListOfObjectsIsReadToo() throws {
    let list = "\u{FEFF}[\n  {\"id\": \"a\", \"correct\": true},\n  {\"id\": \"b\", \"correct\": false}\n]\n"
    let lines = "{\"id\": \"b\", \"correct\": true}\n\n{\"id\": \"a\", \"correct\": false, \"more\": null}"
    let finding = try PredictionFiles(list, lines, kind: "json").compared()
    #expect(finding.whole.lost == 1 && finding.whole.gained == 1)
    #expect(finding.changed.map(\.id) == ["a", "b"])
  }

  @Test(arguments: [
    ("{\"id\": 1, \"acc\": 1}\n{\"id\": 2, \"acc\" 1}", "line 2: expected ':'"),
    ("{\"id\": 1, \"acc\": 1}\n{\"id\": 2}", "line 2, column 'acc': expected a number, or true or false, found ''"),
    ("{\"id\": 1, \"acc\": NaN}", "line 1, column 'acc': expected a number, or true or false, found 'NaN'"),
    ("[{\"id\": 1, \"acc\": 1},\n3]", "line 2: expected an object"),
    ("{\"id\": 1, \"acc\": 1}\n{\"id\": \"a\n", "line 2: expected the end of a text"),
    ("[]", "expected objects, found none"),
  ])
  func whatIsNoJSONIsALine(text: String, words: String) throws {
    let files = try PredictionFiles("{\"id\": 1, \"acc\": 1}", text, kind: "jsonl")
    #expect(try files.fault() == "after.jsonl: \(words)")
  }

  private func text(_ json: String) throws -> String {
    try Array(json.utf8).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      guard case .string(let text) = try scanner.value() else { throw scanner.fault("a text") }
      try scanner.finish()
      return text
    }
  }

  @Test func escapesAreWhatTheyStandFor() throws {
    #expect(try text(#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#) == "a\"\\/\u{8}\u{C}\n\r\té😀é")
    #expect(try text(#""\ud83d""#) == "\u{FFFD}")
    for wrong in [#""\x""#, #""\u12""#, #""\u+123""#, #""a"#, "\"\\"] {
      #expect(throws: JSONScanner.Fault.self, "\(wrong)") { try text(wrong) }
    }
  }

  @Test func whatIsNestedWithoutEndIsRefusedAndNotFollowed() throws {
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    let fault = deep.withUnsafeBytes { bytes -> String? in
      var scanner = JSONScanner(bytes)
      do { try scanner.skip() } catch let fault as JSONScanner.Fault { return fault.expected } catch {}
      return nil
    }
    #expect(fault == "at most 256 lists and objects within each other")
  }
}
