import ArgumentParser
import Datasets
import Foundation
import Reports

/// How data for a language model are made of text.
struct TextOptions: ResultOptions {
  @Option(
    help: ArgumentHelp(
      """
      Make data for a causal language model of text, .jsonl, .csv or .txt: a folder with Hugging Face's tokenizer.json, run \
      by the package tokenizers of your Python; or bytes, a token a byte and token 256 at the end of a document.
      """, valueName: "folder or bytes"), completion: .path)
  var tokenizer: String?

  @Option(help: "The Python that has the package tokenizers.", completion: .path)
  var python = "python3"

  @Option(help: "The token that ends a document; by default the tokenizer's own.")
  var endToken: String?

  @Option(help: "Where the text stands in .jsonl and .csv; without it a chat in messages is taken.")
  var textColumn = "text"

  @Option(help: "Where a prompt stands that is given and not learnt, with --response-column.")
  var promptColumn: String?

  @Option(help: "Where the response to a prompt stands.")
  var responseColumn: String?

  @Option(
    help: """
      What tells documents of plain text apart: percent, lines of a single %, as in fortunes; blank, empty lines; line, each \
      is one. By default the first of these that the file has.
      """)
  var documents: TextFile.Separation?

  @Option(help: "Tokens of an example: documents are cut, or padded.")
  var length = 128

  @Flag(help: "Join documents and cut them into blocks of --length tokens.")
  var blocks = false

  @Option(
    help: ArgumentHelp("The share of the documents that test, or a file of them.", valueName: "share or file"),
    completion: .path)
  var test = "0.1"

  @Option(
    help: ArgumentHelp("The share of the documents that choose, or a file of them.", valueName: "share or file"),
    completion: .path)
  var validation = "0"

  @Option(help: "Of the draw of these documents.")
  var seed: UInt64 = 0

  /// Makes the data of a file, and says what became of the documents.
  func dataset(of path: String) throws -> (data: Dataset, told: [String]) {
    guard let tokenizer else { throw CommandError.usage("--tokenizer is missing") }
    try Bounds.check(length, of: "--length", atLeast: 2, atMost: 1_000_000)
    let columns = try columns()
    var told: [String] = []
    func read(_ path: String) throws -> [TextDocument] {
      let file = try TextFile(path, columns: columns, separation: documents)
      if let separation = file.separation, documents == nil {
        told.append("\(path): \(NumberText.plural(file.documents.count, "document")), \(separation.words)")
      }
      return file.documents
    }
    let (testing, choosing) = (try Part(test, of: "--test"), try Part(validation, of: "--validation"))
    guard testing.share > 0 || testing.file != nil, testing.share + choosing.share < 1 else {
      throw CommandError.usage(
        "--test and --validation: expected shares above 0 that leave some to train on, found \(test) and \(validation)")
    }
    let all = TextConversion.Documents(
      train: try read(path), test: try testing.file.map(read), validation: try choosing.file.map(read))
    let conversion = TextConversion(
      length: length, makesBlocks: blocks, testShare: testing.share, validationShare: choosing.share, seed: seed)
    let own: any TextTokenizer =
      tokenizer == Vocabulary.utf8Bytes.tokenizer
      ? ByteTokenizer() : PythonTokenizer(tokenizer, python: python, endToken: endToken)
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    let made = try conversion.dataset(of: all, tokenizer: own, name: name, file: path)
    return (made.data, told + made.summary.lines(length: length))
  }

  private func columns() throws -> TextFile.Columns {
    switch (promptColumn, responseColumn) {
    case (let prompt?, let response?): return TextFile.Columns(text: textColumn, pair: (prompt, response))
    case (nil, nil): return TextFile.Columns(text: textColumn)
    default: throw CommandError.usage("--prompt-column and --response-column go together")
    }
  }

  /// A share of the documents, or a file of others.
  private struct Part {
    var share = 0.0
    var file: String?

    init(_ text: String, of option: String) throws {
      guard let share = Double(text) else {
        file = text
        return
      }
      guard share >= 0, share < 1 else {
        throw CommandError.usage("\(option): expected a share from 0 to below 1, or a file, found '\(text)'")
      }
      self.share = share
    }
  }
}

extension TextFile.Separation: ExpressibleByArgument {
  /// What told documents apart.
  fileprivate var words: String {
    switch self {
    case .percent: "told apart by lines of %"
    case .blank: "told apart by empty lines"
    case .line: "a line each"
    }
  }
}

extension TextConversion.Summary {
  /// A line for all that became of documents.
  fileprivate func lines(length: Int) -> [String] {
    var parts = [NumberText.plural(documentCount, "document")]
    if emptyCount > 0 { parts.append("\(NumberText.grouped(emptyCount)) empty left out") }
    if cutCount > 0 { parts.append("\(NumberText.grouped(cutCount)) cut at \(length) tokens") }
    if aimlessCount > 0 {
      parts.append("\(NumberText.plural(aimlessCount, "example")) with nothing to learn left out")
    }
    if restCount > 0 { parts.append("\(NumberText.plural(restCount, "token")) left over that fill no block") }
    return [parts.joined(separator: ", ")]
  }
}
