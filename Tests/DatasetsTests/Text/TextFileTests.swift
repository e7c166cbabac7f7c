import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct TextFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file(name)))
    return folder.file(name)
  }

  private func said(_ file: TextFile) -> [String] { file.documents.map { $0.parts.map(\.text).joined(separator: "|") } }

  @Test func plainTextIsToldApartByWhatItHas() throws {
    let percent = try TextFile(file("a.txt", "one\n\ntwo\n%\nthree\n%\n"))
    #expect(percent.separation == .percent)
    #expect(said(percent) == ["one\n\ntwo", "three"])
    let blank = try TextFile(file("b.txt", "one\ntwo\r\n\r\n \nthree\n\n"))
    #expect(blank.separation == .blank)
    #expect(said(blank) == ["one\ntwo", "three"])
    let lines = try TextFile(file("c.txt", "one\ntwo\u{2028}still two\n\n"))
    #expect(lines.separation == .line)
    #expect(said(lines) == ["one", "two\u{2028}still two", ""])
    // What is asked for wins.
    let asked = try TextFile(folder.file("a.txt"), separation: .line)
    #expect(said(asked) == ["one", "", "two", "%", "three", "%"])
  }

  @Test func anEmptyDocumentBetweenTwoOthersIsOne() throws {
    let file = try TextFile(file("a.txt", "one\n%\n%\ntwo"))
    #expect(said(file) == ["one", "", "two"])
    #expect(file.documents.map(\.isEmpty) == [false, true, false])
  }

  @Test func recordsAreTextsPairsAndChats() throws {
    let lines = try TextFile(file("a.jsonl", #"{"text": "one\u2028two"}"# + "\n\n" + #"{"text": "three"}"# + "\n"))
    #expect(said(lines) == ["one\u{2028}two", "three"])
    let table = try TextFile(
      file("b.csv", "question,answer\n\"Why,\nso?\",\"Be\"\"cause\"\nWho?,I\n"),
      columns: .init(pair: ("question", "answer")))
    #expect(said(table) == ["Why,\nso?|Be\"cause", "Who?|I"])
    #expect(table.documents[0].parts.map(\.isPrompt) == [true, false])
    let messages =
      #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}"# + "\n"
    let chat = try TextFile(file("c.jsonl", messages))
    #expect(said(chat) == ["user: Hi\n|assistant: |Hello\n"])
    #expect(chat.documents[0].parts.map(\.isPrompt) == [true, true, false])
  }

  @Test func whatIsNoRecordIsNamedWithItsLine() throws {
    let broken = try file("a.jsonl", #"{"text": "one"}"# + "\n" + "two\n")
    #expect(throws: DatasetError.malformed(file: broken, reason: "line 2: expected a JSON object")) {
      try TextFile(broken)
    }
    let other = try file("b.jsonl", #"{"body": "one", "title": 3}"#)
    #expect(throws: DatasetError.malformed(file: "\(other): line 1", reason: "no 'text'; it has body, title")) {
      try TextFile(other)
    }
    #expect(throws: DatasetError.malformed(file: "\(other): line 1", reason: "'title': expected a text")) {
      try TextFile(other, columns: .init(text: "title"))
    }
  }
}
