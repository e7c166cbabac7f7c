import Checkpoints
import Files
import Foundation

extension StatedClasses {
  private static let mostBytes = 64 << 20

  /// Reads which outputs of a head the classes of some data are from a text file, a line each:
  ///
  /// - numbers alone: the output of each class, in the order of the data's classes;
  /// - a class's name, a tab and a number: that class's output; lines of other classes are left out;
  /// - anything else: the name of each output of the head, in order.
  ///
  /// Outputs are counted from 0. Empty lines at the end are left out.
  ///
  /// - Throws: ``DatasetError``.
  public init(contentsOf path: String, for dataset: Dataset) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw DatasetError.notFound(path: path, advice: "give a text file of classes, one a line")
    }
    func malformed(_ reason: String) -> DatasetError { .malformed(file: path, reason: reason) }
    let bytes = try MappedFile(path).withUnsafeBytes { Array($0.prefix(Self.mostBytes + 1)) }
    guard bytes.count <= Self.mostBytes, let text = String(validating: bytes, as: UTF8.self) else {
      throw malformed("expected a text file of classes in UTF-8, one a line")
    }
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    while lines.last?.isEmpty == true { lines.removeLast() }
    guard !lines.isEmpty else { throw malformed("it names no class") }
    if let empty = lines.firstIndex(where: { $0.allSatisfy(\.isWhitespace) }) {
      throw malformed("line \(empty + 1) is empty")
    }
    let numbers = lines.compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    if numbers.count == lines.count {
      self = .outputs(numbers)
    } else if lines.contains(where: { $0.contains("\t") }) {
      self = .outputs(try Self.outputs(lines, of: dataset, malformed))
    } else {
      self = .names(lines)
    }
  }

  private static func outputs(
    _ lines: [String], of dataset: Dataset, _ malformed: (String) -> DatasetError
  ) throws -> [Int] {
    var known: [String: Int] = [:]
    for (place, line) in lines.enumerated() {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard parts.count == 2, let number = Int(parts[1].trimmingCharacters(in: .whitespaces)) else {
        throw malformed("line \(place + 1): expected a class, a tab and a number, found '\(line)'")
      }
      guard known.updateValue(number, forKey: String(parts[0])) == nil else {
        throw malformed("line \(place + 1): class '\(parts[0])' stands in it twice")
      }
    }
    return try dataset.classNames.map { name in
      guard let output = known[name] else {
        throw malformed("it has no line for class '\(name)' of dataset '\(dataset.name)'")
      }
      return output
    }
  }
}
