import Checkpoints
import Foundation
import HDF5

/// The binary version of CIFAR-10 or CIFAR-100: records of a label, or of a coarse and a fine one, and 3 × 32 × 32 bytes.
///
/// Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
struct CIFARBinary {
  private static let imageByteCount = 3 * 32 * 32

  private let path: String
  private let isHundred: Bool
  private let trainFiles: [String]

  /// Nil for a folder that has none of its files.
  init?(_ path: String) {
    let names = Set((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
    let batches = names.filter { $0.hasPrefix("data_batch_") && $0.hasSuffix(".bin") }.sorted()
    guard !batches.isEmpty || names.isSuperset(of: ["train.bin", "test.bin"]) else { return nil }
    self.path = path
    isHundred = batches.isEmpty
    trainFiles = batches.isEmpty ? ["train.bin"] : batches
  }

  func dataset(name: String) throws -> Dataset {
    let train = try split(trainFiles)
    let test = try split([isHundred ? "test.bin" : "test_batch.bin"])
    let listed = isHundred ? "fine_label_names.txt" : "batches.meta.txt"
    let names = (try? String(contentsOfFile: "\(path)/\(listed)", encoding: .utf8))?
      .split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    return try Dataset(
      name: name, classNames: names ?? (0..<(isHundred ? 100 : 10)).map(String.init), train: train, test: test,
      file: path)
  }

  private func split(_ names: [String]) throws -> Split {
    let labelCount = isHundred ? 2 : 1
    let recordLength = labelCount + Self.imageByteCount
    var pixels: [UInt8] = []
    var labels: [Int32] = []
    for name in names {
      let file = "\(path)/\(name)"
      guard let data = FileManager.default.contents(atPath: file) else {
        throw DatasetError.malformed(file: file, reason: "it is missing or cannot be read")
      }
      guard !data.isEmpty, data.count.isMultiple(of: recordLength) else {
        throw DatasetError.malformed(
          file: file, reason: "expected records of \(recordLength) bytes, found \(data.count) bytes")
      }
      let bytes = [UInt8](data)
      for start in stride(from: 0, to: bytes.count, by: recordLength) {
        // The fine label is the last.
        labels.append(Int32(bytes[start + labelCount - 1]))
        pixels += bytes[(start + labelCount)..<(start + recordLength)]
      }
    }
    let rows = TensorView(bytes: pixels, elementType: .uint8, shape: [labels.count, 3, 32, 32])
    return Split(inputs: [InputArray(rows: rows)], labels: labels)
  }
}
