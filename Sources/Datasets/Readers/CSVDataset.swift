import Checkpoints
import Files
import Foundation
import HDF5

/// Rows of numbers with a label: one `.csv` file, of which a fifth is held out for testing, or a folder with `train.csv`,
/// `test.csv` and perhaps `validation.csv`, rows to choose on.
///
/// The first line names the columns. The label is in the column `label`, `class` or `target`, else in the last one; all
/// other columns are numbers, and together the input, `[columns]`, float32. Fields may be quoted, as RFC 4180 has it.
struct CSVDataset {
  private let trainFile: String
  private let testFile: String?
  private let validationFile: String?

  /// Nil for what is neither.
  init?(_ path: String) {
    if (path as NSString).pathExtension.lowercased() == "csv" {
      (trainFile, testFile, validationFile) = (path, nil, nil)
    } else if FileManager.default.fileExists(atPath: "\(path)/train.csv") {
      (trainFile, testFile) = ("\(path)/train.csv", "\(path)/test.csv")
      let validation = "\(path)/validation.csv"
      validationFile = FileManager.default.fileExists(atPath: validation) ? validation : nil
    } else {
      return nil
    }
  }

  func dataset(name: String) throws -> Dataset {
    let train = try CSVTable(trainFile)
    guard let testFile else {
      let classes = train.classNames
      let labels = try train.classNumbers(classes)
      let isTest = HeldOut.choose(train.lines.map { $0.joined(separator: ",") }, labels: labels)
      let all = train.split(labels)
      return try Dataset(
        name: name, classNames: classes, train: all.selecting(isTest.indices.filter { !isTest[$0] }),
        test: all.selecting(isTest.indices.filter { isTest[$0] }), file: trainFile)
    }
    let classes = train.classNames
    func split(_ file: String) throws -> Split {
      let table = try CSVTable(file)
      guard table.header == train.header else {
        throw DatasetError.malformed(
          file: file,
          reason: "expected the columns of train.csv (\(train.header.joined(separator: ", "))), found "
            + table.header.joined(separator: ", "))
      }
      return table.split(try table.classNumbers(classes))
    }
    return try Dataset(
      name: name, classNames: classes, train: train.split(train.classNumbers(classes)), test: split(testFile),
      validation: validationFile.map(split), file: trainFile)
  }
}

/// A file's columns and rows, its numbers read.
private struct CSVTable {
  let file: String
  let header: [String]
  let lines: [[String]]
  private let labelColumn: Int
  private let values: [Float]

  init(_ file: String) throws {
    self.file = file
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw DatasetError.malformed(file: file, reason: "it is missing or is not text in UTF-8")
    }
    var rows = CSVText.rows(of: text)
    guard let header = rows.first, header.count > 1, rows.count > 1 else {
      throw DatasetError.malformed(
        file: file, reason: "expected a line of column names and rows of two columns or more")
    }
    rows.removeFirst()
    let labelColumn =
      header.firstIndex { ["label", "class", "target"].contains($0.lowercased()) } ?? header.count - 1
    var values: [Float] = []
    for (number, row) in rows.enumerated() {
      guard row.count == header.count else {
        throw DatasetError.malformed(
          file: file, reason: "line \(number + 2): expected \(header.count) fields, found \(row.count)")
      }
      for (column, field) in row.enumerated() where column != labelColumn {
        guard let value = Float(field), value.isFinite else {
          throw DatasetError.malformed(
            file: file, reason: "line \(number + 2), column '\(header[column])': expected a number, found '\(field)'")
        }
        values.append(value)
      }
    }
    self.header = header
    lines = rows
    self.labelColumn = labelColumn
    self.values = values
  }

  /// In the order of numbers where all labels are, else of letters.
  var classNames: [String] {
    let names = Set(lines.map { $0[labelColumn] }).sorted()
    let numbers = names.compactMap { name in Double(name).flatMap { $0.isNaN ? nil : $0 } }
    guard numbers.count == names.count else { return names }
    // 1 and 1.0 are two classes: they stay in the order of letters.
    return zip(numbers, names).sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.1)
  }

  func classNumbers(_ classes: [String]) throws -> [Int32] {
    let numbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, Int32($0)) })
    return try lines.enumerated().map { number, row in
      guard let label = numbers[row[labelColumn]] else {
        throw DatasetError.malformed(
          file: file, reason: "line \(number + 2): class '\(row[labelColumn])' is not in train.csv")
      }
      return label
    }
  }

  func split(_ labels: [Int32]) -> Split {
    let rows = TensorView(values, shape: [lines.count, header.count - 1])
    return Split(inputs: [InputArray(rows: rows)], labels: labels)
  }
}
