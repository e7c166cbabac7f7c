import Checkpoints
import HDF5

/// Tokens of documents, with what is to be said of them, as rows of one length.
struct TextArrays {
  /// A document's tokens, and the same with ``Dataset/ignoredLabel`` where they are given.
  struct Document {
    var tokens: [Int32] = []
    var labels: [Int32] = []

    mutating func append(_ tokens: [Int32], isPrompt: Bool) {
      self.tokens += tokens
      labels += isPrompt ? [Int32](repeating: Int32(Dataset.ignoredLabel), count: tokens.count) : tokens
    }

    /// Whether something is to be said that something stands before.
    var hasAim: Bool { labels.dropFirst().contains { $0 != Int32(Dataset.ignoredLabel) } }
  }

  let length: Int
  private(set) var rowCount = 0
  /// Documents longer than a row.
  private(set) var cutCount = 0
  /// Rows, or documents, in which nothing is to be said.
  private(set) var aimlessCount = 0
  /// Tokens at the end that fill no row.
  private(set) var restCount = 0
  private var tokens: [Int32] = []
  private var labels: [Int32] = []
  private var mask: [UInt8]?

  /// A row a document: cut, or filled up with padding, which a mask of 0 tells.
  init(documents: [Document], length: Int, padding: Int32) {
    self.length = length
    var mask: [UInt8] = []
    for document in documents {
      if document.tokens.count > length { cutCount += 1 }
      let own = Document(
        tokens: Array(document.tokens.prefix(length)), labels: Array(document.labels.prefix(length)))
      let missing = length - own.tokens.count
      guard add(own, missing: missing, padding: padding) else { continue }
      mask += [UInt8](repeating: 1, count: own.tokens.count) + [UInt8](repeating: 0, count: missing)
    }
    self.mask = mask
  }

  /// Rows of documents one after the other; what fills no row is left over.
  init(joining documents: [Document], length: Int) {
    self.length = length
    let all = Document(tokens: documents.flatMap(\.tokens), labels: documents.flatMap(\.labels))
    restCount = all.tokens.count % length
    for first in stride(from: 0, to: all.tokens.count - restCount, by: length) {
      let own = first..<first + length
      _ = add(Document(tokens: Array(all.tokens[own]), labels: Array(all.labels[own])), missing: 0, padding: 0)
    }
  }

  private mutating func add(_ row: Document, missing: Int, padding: Int32) -> Bool {
    guard row.hasAim else {
      aimlessCount += 1
      return false
    }
    tokens += row.tokens + [Int32](repeating: padding, count: missing)
    labels += row.labels + [Int32](repeating: Int32(Dataset.ignoredLabel), count: missing)
    rowCount += 1
    return true
  }

  /// `input_ids`, `attention_mask` where something is padded, and labels.
  var split: Split {
    func array(_ name: String, _ values: [Int32]) -> InputArray {
      InputArray(name: name, rows: TensorView(values, shape: [rowCount, length]))
    }
    let masks =
      mask.map { [InputArray(name: "attention_mask", rows: TensorView($0, shape: [rowCount, length]))] } ?? []
    return Split(inputs: masks + [array("input_ids", tokens)], targets: array("labels", labels))
  }
}
