import Files
import Foundation

/// A file of predictions, a row an example: its columns' names, and on demand their texts.
protocol PredictionRows {
  /// The path of the file.
  var path: String { get }
  /// In the order in which they stand.
  var columnNames: [String] { get }
  /// What a row is called in this kind of file, with its number: `line 7`.
  func place(of row: Int) -> String
  /// A text for each row; nil where a row has none.
  func texts(of columns: [String]) throws -> [[String?]]
  /// The numbers of classes that stand in a column of this name, or where nothing is named in one that is called as such are;
  /// nil where there are none.
  func classNumbers(_ name: String?) -> ClassNumbers?
}

/// Opens files of predictions of all kinds, told by their first bytes and their names.
enum PredictionFile {
  /// The rows of a file.
  ///
  /// - Throws: ``PredictionError`` for what is no such file, and what the file's reader throws.
  static func rows(of path: String, filter: String?) throws -> any PredictionRows {
    let file = try open(path)
    let start = file.withUnsafeBytes { Array($0.prefix(8)) }
    if start == [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A] { return try HDF5Predictions(path) }
    if start.starts(with: [0x1F, 0x8B]) {
      throw PredictionError.malformed(file: path, reason: "it is compressed: expected it unpacked, as gunzip does")
    }
    let first = file.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      return scanner.peek()
    }
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["): return try JSONPredictions(file, filter: filter)
    case nil: throw PredictionError.malformed(file: path, reason: "it is empty")
    default: return try CSVPredictions(file)
    }
  }

  /// A file's bytes.
  static func open(_ path: String) throws -> MappedFile {
    guard FileManager.default.fileExists(atPath: path) else { throw PredictionError.notFound(path: path) }
    return try MappedFile(path)
  }

  /// Whether a file is a list of detections as COCO has them.
  static func isDetections(_ path: String) throws -> Bool {
    try open(path).withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      guard scanner.peek() == UInt8(ascii: "[") else { return false }
      var keys: Set<String>?
      // The first object tells; what follows is not read.
      struct Found: Error {}
      do {
        try scanner.elements { scanner in
          var own: Set<String> = []
          try scanner.members { scanner, key in
            own.insert(key)
            try scanner.skip()
          }
          keys = own
          throw Found()
        }
      } catch {}
      return keys?.isSuperset(of: ["image_id", "category_id", "bbox", "score"]) ?? false
    }
  }
}
