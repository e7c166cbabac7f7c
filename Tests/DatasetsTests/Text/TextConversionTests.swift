import Checkpoints
import HDF5
import TestSupport
import Testing

@testable import Datasets

@Suite struct TextConversionTests {
  private func rows(_ split: Split, _ name: String) throws -> [[Int64]] {
    let array = try #require(name == "labels" ? split.targets : split.input(named: name))
    let values = try split.tensor(of: array).integers
    return (0..<split.count).map { Array(values[$0 * array.shape[0]..<($0 + 1) * array.shape[0]]) }
  }

  /// h is 104, i 105, o 111.
  @Test func documentsAreCutAndPaddedAndPromptsMasked() throws {
    let documents = TextConversion.Documents(
      train: [TextDocument("hi"), TextDocument("hiohi"), TextDocument("  ")],
      test: [TextDocument(parts: [.init("hi", isPrompt: true), .init("o")])])
    let (data, summary) = try TextConversion(length: 4).dataset(
      of: documents, tokenizer: ByteTokenizer(), name: "text", file: "text.txt")
    #expect(try rows(data.train, "input_ids") == [[104, 105, 256, 256], [104, 105, 111, 104]])
    #expect(try rows(data.train, "attention_mask") == [[1, 1, 1, 0], [1, 1, 1, 1]])
    #expect(try rows(data.train, "labels") == [[104, 105, 256, -100], [104, 105, 111, 104]])
    #expect(try rows(data.test, "labels") == [[-100, -100, 111, 256]])
    #expect(summary == .init(documentCount: 3, emptyCount: 1, cutCount: 1))
    #expect(data.taskKind == "causal-lm")
    #expect(
      try data.text(of: 0, in: data.test)?.parts == [
        .init(text: "hi", isMasked: true), .init(text: "o<end>", isMasked: false),
      ])
    // Padding is no text, and has no bytes.
    #expect(try data.text(of: 0, in: data.train)?.parts == [.init(text: "hi<end>", isMasked: false)])
    #expect(data.vocabulary?.byteCount(of: 256) == 0)
    #expect(data.vocabulary?.byteCount(of: 255) == 1)
  }

  @Test func blocksGoOverTheEndsOfDocumentsOfOnePart() throws {
    let documents = TextConversion.Documents(
      train: [TextDocument("hi"), TextDocument("oho"), TextDocument("i")], test: [TextDocument("hiho")])
    let (data, summary) = try TextConversion(length: 4, makesBlocks: true).dataset(
      of: documents, tokenizer: ByteTokenizer(), name: "text", file: "text.txt")
    // hi⟨end⟩o ho⟨end⟩i ⟨end⟩
    #expect(try rows(data.train, "input_ids") == [[104, 105, 256, 111], [104, 111, 256, 105]])
    #expect(try rows(data.train, "labels") == rows(data.train, "input_ids"))
    #expect(data.train.input(named: "attention_mask") == nil)
    #expect(try rows(data.test, "input_ids") == [[104, 105, 104, 111]])
    #expect(summary.restCount == 2)
  }

  @Test func equalDocumentsNeverTrainAndTest() throws {
    // 60 documents of which every three are equal.
    let documents = (0..<60).map { TextDocument("text number \($0 / 3)") }
    for seed in UInt64(0)..<5 {
      let (data, summary) = try TextConversion(length: 16, testShare: 0.2, validationShare: 0.1, seed: seed).dataset(
        of: .init(train: documents), tokenizer: ByteTokenizer(), name: "text", file: "text.txt")
      func texts(_ split: Split) throws -> Set<String> {
        Set(try (0..<split.count).compactMap { try data.text(of: $0, in: split)?.parts.first?.text })
      }
      let validation = try #require(data.validation)
      // Of 20 that differ 4 and 2.
      #expect([data.train.count, data.test.count, validation.count] == [42, 12, 6])
      #expect(try texts(data.train).isDisjoint(with: texts(data.test)))
      #expect(try texts(validation).isDisjoint(with: texts(data.train).union(texts(data.test))))
      #expect(summary.documentCount == 60)
    }
  }

  @Test func whatHasNothingToSayIsLeftOut() throws {
    let full = TextDocument(parts: [.init("hihi", isPrompt: true), .init("o")])
    let documents = TextConversion.Documents(train: [full, TextDocument("hi")], test: [TextDocument("hi")])
    let (data, summary) = try TextConversion(length: 4).dataset(
      of: documents, tokenizer: ByteTokenizer(), name: "text", file: "text.txt")
    #expect(data.train.count == 1)
    #expect(summary.aimlessCount == 1)
    #expect(
      throws: DatasetError.unusableTexts(
        file: "text.txt", reason: "no example to test on: 1 documents of 6 tokens for examples of 4")
    ) {
      try TextConversion(length: 4).dataset(
        of: .init(train: documents.train, test: [full]), tokenizer: ByteTokenizer(), name: "text", file: "text.txt")
    }
  }

  @Test func theVocabularyIsKeptInTheFileAndChecked() throws {
    let folder = try TemporaryFolder()
    let documents = TextConversion.Documents(train: [TextDocument("Grüße")], test: [TextDocument("hi")])
    let (data, _) = try TextConversion(length: 8).dataset(
      of: documents, tokenizer: ByteTokenizer(), name: "text", file: "text.txt")
    try data.writeHDF5(to: folder.file("data.h5"))
    let read = try Dataset.load(folder.file("data.h5"))
    #expect(read.vocabulary == Vocabulary.utf8Bytes)
    #expect(try read.text(of: 0, in: read.train)?.parts == [.init(text: "Grüße<end>", isMasked: false)])
    #expect(read.fingerprint == data.fingerprint)
    try File.writeAtomically(to: folder.file("bad.h5")) { root in
      let group = try root.createGroup("vocabulary")
      try group.writeTensor("bytes", TensorView([1, 2, 3] as [UInt8]))
      try group.writeTensor("offsets", TensorView([0, 2, 1, 3] as [Int64]))
      try group.writeTensor("special", TensorView([] as [Int64]))
    }
    let bad = try File.open(folder.file("bad.h5")).root
    #expect(throws: DatasetError.self) { try Vocabulary(in: bad.group("vocabulary"), TensorReader()) }
  }
}
