import Foundation
import HDF5

extension RunRecord {
  /// Reads a run's `run.h5`.
  init(contentsOf path: String, comparing: Bool = true) throws {
    let root = try File.open(path, comparing: comparing).root
    let reader = TensorReader()
    try Checkpoint.checkFormat(of: root, path: path)
    guard let kind: String = try root.attribute("kind"), kind == "run" else {
      throw CheckpointError.malformed(path: path, reason: "not the record of a run")
    }
    let seedText: String = try root.requiredAttribute("seed")
    guard let seed = UInt64(seedText) else {
      throw CheckpointError.malformed(path: path, reason: "its seed is \"\(seedText)\", not a number")
    }
    self.init(
      configuration: try root.readCheckedText("configuration"), seed: seed,
      created: try root.requiredAttribute("created"), letheVersion: try root.requiredAttribute("lethe_version"))
    let isOld = try !root.contains("state")
    if !isOld {
      data = try root.readJSON("data")
      state = try root.readJSON("state")
      if try root.contains("command") { command = try root.readJSON("command") }
      if try root.contains("checkpoints") { checkpoints = try root.readJSON("checkpoints") }
    }
    metrics = try MetricTable(root.group("metrics"), reader)
    func byEpoch<Value>(
      _ name: String, _ read: (HDF5.Dataset) throws -> Value
    ) throws -> [String: [Int: Value]] {
      var found: [String: [Int: Value]] = [:]
      for (task, group) in try root.subgroups(name) {
        found[task] = [:]
        for number in try group.names {
          guard let epoch = Int(number) else {
            throw CheckpointError.malformed(path: path, reason: "\(name)/\(task)/\(number) is not an epoch")
          }
          found[task]?[epoch] = try read(group.dataset(number))
        }
      }
      return found
    }
    predictions = try byEpoch("predictions") { try reader.numbers($0) }
    func arrays(_ name: String) throws -> [String: [Int: NumberArray]] {
      guard try root.contains(name) else { return [:] }
      return try byEpoch(name) { NumberArray(shape: try $0.shape, values: try reader.numbers($0)) }
    }
    sums = try arrays("sums")
    confidences = try arrays("confidence")
    let labelGroup = try root.group("labels")
    for task in try labelGroup.names { labels[task] = try reader.numbers(labelGroup.dataset(task)) }
    if try root.contains("steps") {
      let stepGroup = try root.group("steps")
      steps = try MetricTable(stepGroup.group("metrics"), reader)
      let source = try stepGroup.group("source")
      for name in try source.names {
        guard let step = Int(name) else {
          throw CheckpointError.malformed(path: path, reason: "steps/source/\(name) is not a step")
        }
        let dataset = try source.dataset(name)
        stepSums[step] = NumberArray(shape: try dataset.shape, values: try reader.numbers(dataset))
      }
    }
    for (name, group) in try root.subgroups("analysis") { analysis[name] = try AnalysisRecord(group, reader) }
    if isOld { try readVersion01(root) }
  }

  /// Writes a run's `run.h5`, whole and atomically.
  func write(to path: String) throws {
    try File.writeAtomically(to: path) { root in
      try FileFormat.mark(root, as: "run", writtenBy: letheVersion)
      try root.setAttribute("created", to: created)
      // As text, since HDF5's common integers are signed.
      try root.setAttribute("seed", to: String(seed))
      try root.writeCheckedText("configuration", configuration)
      try root.writeJSON("data", data)
      try root.writeJSON("state", state)
      if let command { try root.writeJSON("command", command) }
      if !checkpoints.isEmpty { try root.writeJSON("checkpoints", checkpoints) }
      try metrics.write(to: root.createGroup("metrics"))
      let predictionGroup = try root.createGroup("predictions")
      for (task, epochs) in predictions {
        let group = try predictionGroup.createGroup(task)
        for (epoch, classes) in epochs { try group.writeTensor(Run.digits(epoch), TensorView(classes)) }
      }
      let labelGroup = try root.createGroup("labels")
      for (task, classes) in labels { try labelGroup.writeTensor(task, TensorView(classes)) }
      for (name, tasks) in [("sums", sums), ("confidence", confidences)] where !tasks.isEmpty {
        let parent = try root.createGroup(name)
        for (task, epochs) in tasks {
          let group = try parent.createGroup(task)
          for (epoch, array) in epochs {
            try group.writeTensor(Run.digits(epoch), TensorView(array.values, shape: array.shape))
          }
        }
      }
      if steps.rowCount > 0 {
        let stepGroup = try root.createGroup("steps")
        try steps.write(to: stepGroup.createGroup("metrics"))
        let source = try stepGroup.createGroup("source")
        for (step, array) in stepSums {
          try source.writeTensor(String(step), TensorView(array.values, shape: array.shape))
        }
      }
      let analysisGroup = try root.createGroup("analysis")
      for (name, record) in analysis { try record.write(to: analysisGroup.createGroup(name)) }
    }
  }
}

extension MetricTable {
  fileprivate init(_ group: Group, _ reader: TensorReader) throws {
    self.init()
    for name in try group.requiredAttribute("columns", as: [String].self) {
      setColumn(name, to: try reader.numbers(group.dataset(name)))
    }
  }

  fileprivate func write(to group: Group) throws {
    try group.setAttribute("columns", to: names)
    for name in names { try group.writeTensor(name, TensorView(self[name] ?? [])) }
  }
}

extension AnalysisRecord {
  fileprivate init(_ group: Group, _ reader: TensorReader) throws {
    let numberGroup = try group.group("numbers")
    let stringGroup = try group.group("strings")
    var numbers: [String: NumberArray] = [:]
    for name in try numberGroup.allDatasetPaths() {
      let dataset = try numberGroup.dataset(name)
      numbers[name] = NumberArray(shape: try dataset.shape, values: try reader.numbers(dataset))
    }
    var strings: [String: [String]] = [:]
    for name in try stringGroup.allDatasetPaths() { strings[name] = try stringGroup.readCheckedStrings(name) }
    self.init(attributes: try group.textAttributes(), numbers: numbers, strings: strings)
  }

  func write(to group: Group) throws {
    try group.setTextAttributes(attributes)
    let numberGroup = try group.createGroup("numbers")
    for (name, array) in numbers { try numberGroup.writeTensor(name, TensorView(array.values, shape: array.shape)) }
    let stringGroup = try group.createGroup("strings")
    for (name, values) in strings { try stringGroup.writeCheckedStrings(name, values) }
  }
}

extension Group {
  /// Writes a value as one JSON text with its checksum, keys in alphabetical order.
  func writeJSON(_ name: String, _ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try writeCheckedText(name, String(decoding: encoder.encode(value), as: UTF8.self))
  }

  /// - Throws: ``CheckpointError/malformed(path:reason:)`` for a text that says something else.
  func readJSON<Value: Decodable>(_ name: String) throws -> Value {
    let text = try readCheckedText(name)
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw CheckpointError.malformed(
        path: file.path, reason: "'\(child(of: name))' does not say what it should: \(text)")
    }
  }

  func textAttributes() throws -> [String: String] {
    var result: [String: String] = [:]
    for name in try attributeNames { result[name] = try requiredAttribute(name) }
    return result
  }

  func setTextAttributes(_ values: [String: String]) throws {
    for (name, value) in values { try setAttribute(name, to: value) }
  }

  func subgroups(_ name: String) throws -> [(String, Group)] {
    let parent = try group(name)
    return try parent.names.map { ($0, try parent.group($0)) }
  }
}
