import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What the package `tokenizers` makes of texts: see `Fixtures/texts/make_tokenizers.py`.
@Suite struct PythonTokenizerTests {
  static let python = (try? Python.run("import tokenizers")) == nil ? nil : Python.path

  private static func expected() throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: Repository.fixture("texts/expected.json")))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private static func tokenizer(_ name: String, end: String? = nil) throws -> PythonTokenizer {
    PythonTokenizer(Repository.fixture("texts/\(name)"), python: try #require(python), endToken: end)
  }

  @Test(.enabled(if: python != nil)) func aByteLevelTokenizerKnowsEveryByte() throws {
    let expected = try Self.expected()
    let texts = try #require(expected["texts"] as? [String])
    let made = try Self.tokenizer("byte-level").tokenize(texts)
    #expect(made.tokens == expected["byte-level"] as? [[Int32]])
    #expect(made.beginning.isEmpty)
    let vocabulary = made.vocabulary
    #expect(vocabulary.tokenizer == "byte-level")
    #expect(vocabulary.isExact)
    #expect(vocabulary.endToken == 0)
    #expect(vocabulary.text(of: [0]) == "<|endoftext|>")
    for (text, tokens) in zip(texts, made.tokens) {
      let own = tokens.map { Int($0) }
      #expect(vocabulary.text(of: own) == text)
      #expect(own.reduce(0) { $0 + vocabulary.byteCount(of: $1) } == text.utf8.count)
    }
  }

  @Test(.enabled(if: python != nil)) func aByteFallbackTokenizerKnowsThemButForTheSpaceItBeginsWith() throws {
    let expected = try Self.expected()
    let texts = try #require(expected["texts"] as? [String])
    let made = try Self.tokenizer("byte-fallback").tokenize(texts)
    #expect(made.tokens == expected["byte-fallback"] as? [[Int32]])
    #expect(made.beginning == [1])
    #expect(made.vocabulary.endToken == 2)
    #expect(made.vocabulary.isExact)
    for (text, tokens) in zip(texts, made.tokens) {
      #expect(made.vocabulary.text(of: tokens.map { Int($0) }) == " " + text)
    }
  }

  @Test(.enabled(if: python != nil)) func whatCannotBeUsedIsNamed() throws {
    let folder = try TemporaryFolder()
    try Data("{}".utf8).write(to: URL(fileURLWithPath: folder.file("tokenizer.json")))
    let broken = PythonTokenizer(folder.path, python: try #require(Self.python))
    #expect {
      try broken.tokenize(["a"])
    } throws: { error in
      "\(error)".hasPrefix("\(folder.path): the package tokenizers cannot use it: ")
    }
    #expect(
      throws: DatasetError.badTokenizer(
        path: Repository.fixture("texts/byte-level"), reason: "it has no token 'no such'")
    ) {
      try Self.tokenizer("byte-level", end: "no such").tokenize(["a"])
    }
    // A module of this name in the present folder is not what is meant, nor does a text become code.
    let text = "\"\"\"\n__import__('os')._exit(9)\\"
    let made = try Self.tokenizer("byte-level").tokenize([text])
    #expect(made.vocabulary.text(of: made.tokens[0].map { Int($0) }) == text)
  }

  /// A Python that answers what this script says.
  private func answering(_ script: String, in folder: TemporaryFolder) throws -> PythonTokenizer {
    let path = folder.file("python")
    try ExecutableScript.write(script, to: path)
    return PythonTokenizer(Repository.fixture("texts/byte-level"), python: path)
  }

  @Test func aPythonThatDoesNotServeIsOneError() throws {
    let folder = try TemporaryFolder()
    let texts = [String](repeating: String(repeating: "text ", count: 10_000), count: 20)
    let missing = try answering(#"printf '\021\0\0\0\0\0\0\0{"missing": true}'"#, in: folder)
    #expect(throws: DatasetError.noTokenizers(python: folder.file("python"))) { try missing.tokenize(texts) }
    let path = Repository.fixture("texts/byte-level")
    let silent = try answering("exit 3", in: folder)
    #expect(throws: DatasetError.badTokenizer(path: path, reason: "its Python ended without an answer")) {
      try silent.tokenize(texts)
    }
    let broken = try answering(#"printf '\002\0\0\0\0\0\0\0{}\377\377\377\377\377\377\377\377'"#, in: folder)
    #expect(throws: DatasetError.badTokenizer(path: path, reason: "its Python gave an answer that breaks off")) {
      try broken.tokenize(texts)
    }
    #expect(throws: DatasetError.noPython(python: "no-such-python")) {
      try PythonTokenizer(path, python: "no-such-python").tokenize(texts)
    }
    #expect(throws: DatasetError.self) { try PythonTokenizer(folder.file("nowhere")).tokenize(texts) }
  }
}
