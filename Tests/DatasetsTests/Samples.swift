import Checkpoints
import Datasets
import Foundation
import Torch

/// A folder that is removed when the test is done with it.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "lethe-datasets-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  /// An IDX folder of 2 × 3 images: 6 to train on with labels 0 1 2 0 1 2, and 3 to test on with labels 2 1 0.
  /// Image i holds the bytes 10i … 10i + 5; those of the test split are 100 more.
  func writeIDX() throws {
    let images = (0..<6).flatMap { image in (0..<6).map { UInt8(10 * image + $0) } }
    try write(idx([6, 2, 3], images), to: "train-images-idx3-ubyte")
    try write(idx([6], [0, 1, 2, 0, 1, 2]), to: "train-labels-idx1-ubyte")
    try write(idx([3, 2, 3], images.prefix(18).map { $0 + 100 }), to: "t10k-images-idx3-ubyte")
    try write(idx([3], [2, 1, 0]), to: "t10k-labels-idx1-ubyte")
  }

  /// Compresses a file by the system's gzip, as publishers do, and removes the plain one.
  func compress(_ name: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", file(name)]
    try process.run()
    process.waitUntilExit()
  }
}

func idx(_ shape: [Int], _ bytes: [UInt8], type: UInt8 = 8) -> [UInt8] {
  let extents = shape.flatMap { extent in (0..<4).map { UInt8(truncatingIfNeeded: extent >> (24 - 8 * $0)) } }
  return [0, 0, type, UInt8(shape.count)] + extents + bytes
}

func description(of body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch { return "\(error)" }
}

func sampleSplit(_ values: [Float], width: Int, labels: [Int32]) -> Split {
  Split(inputs: [InputArray(rows: TensorView(values, shape: [labels.count, width]))], labels: labels)
}

/// Whether libtorch can be opened here: batches become tensors only with it.
let isTorchAvailable = (try? Tensor([0 as Int64])) != nil

let isFashionMNISTInstalled = FileManager.default.fileExists(
  atPath: ProcessInfo.processInfo.environment["FASHION_MNIST"] ?? "/usr/share/datasets/fashion-mnist")
