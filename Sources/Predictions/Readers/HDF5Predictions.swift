import HDF5

/// Predictions as datasets of one axis at the root of an HDF5 file, all of one length: numbers or texts.
struct HDF5Predictions: PredictionRows {
  let path: String
  let columnNames: [String]
  /// Datasets of two axes, whose first is the examples.
  let matrixNames: [String]
  private let file: File
  private let count: Int

  init(_ path: String) throws {
    self.path = path
    file = try File.open(path)
    let root = try file.root
    let columns = try root.names.filter { try root.isDataset($0) && root.dataset($0).shape.count == 1 }
    let counts = try columns.map { try root.dataset($0).shape[0] }
    guard let count = counts.first, count > 0 else {
      throw PredictionError.malformed(
        file: path, reason: "expected datasets of one axis at its root, a value an example, found none")
    }
    if let other = counts.firstIndex(where: { $0 != count }) {
      throw PredictionError.malformed(
        file: path,
        reason: "expected datasets of one length, found \(count) values in \(columns[0]) and \(counts[other]) in "
          + columns[other])
    }
    (columnNames, self.count) = (columns, count)
    matrixNames = try root.names.filter { name in
      guard try root.isDataset(name) else { return false }
      let shape = try root.dataset(name).shape
      return shape.count == 2 && shape[0] == count
    }
  }

  /// A dataset of two axes as numbers.
  func matrix(_ name: String) throws -> (shape: [Int], values: [Double]) {
    let dataset = try file.root.dataset(name)
    return (try dataset.shape, try dataset.read(as: Double.self))
  }

  func place(of row: Int) -> String { "index \(row)" }

  func texts(of columns: [String]) throws -> [[String?]] {
    let root = try file.root
    return try columns.map { name in
      guard columnNames.contains(name) else { return Array(repeating: nil, count: count) }
      let dataset = try root.dataset(name)
      if let texts = try? dataset.readStrings() { return texts }
      if try dataset.elementType == .bool { return try dataset.readBytes().map { $0 == 0 ? "false" : "true" } }
      if try dataset.elementType.isFloatingPoint { return try dataset.read(as: Double.self).map { "\($0)" } }
      return try dataset.read(as: Int64.self).map { "\($0)" }
    }
  }
}
