import Files
import Foundation
import HDF5
import Programs

extension Checkpoint {
  /// Opens a checkpoint and compares it with its checksums: the one at its end where it has one, else those of its
  /// tensors. Where a run keeps it, it must be the one that the run wrote.
  ///
  /// Its tensors are mapped. Those that the program does not know are not read.
  /// - Throws: ``CheckpointError``, `FileError` or `HDF5Error`, naming the file and the tensor.
  public init(contentsOf path: String) throws {
    try self.init(contentsOf: path, reader: TensorReader())
  }

  /// - Parameter comparing: false to find out what is wrong with a damaged file.
  init(contentsOf path: String, comparing: Bool = true, reader: TensorReader) throws {
    guard FileManager.default.fileExists(atPath: path) else { throw CheckpointError.notFound(path: path) }
    let root = try File.open(path, comparing: comparing).root
    try Self.checkFormat(of: root, path: path)
    if comparing { try RecordedCheckpoints(besides: path)?.check(path, root.file.integrity) }
    guard try root.contains("program") else {
      throw CheckpointError.malformed(path: path, reason: "not a checkpoint: it has no /program")
    }
    let program: Program
    let json = try root.readCheckedText("program")
    do { program = try Program(json: Data(json.utf8)) } catch {
      throw CheckpointError.malformed(path: path, reason: "its program cannot be used: \(error)")
    }
    let known = Set(program.parameters.map(\.name))
    let headNames = Set(program.headParameterNames)
    var heads: [String: Head] = [:]
    if try root.contains("heads") {
      let group = try root.group("heads")
      for task in try group.names {
        let head = try group.group(task)
        heads[task] = Head(
          tensors: try Self.tensors(of: head, reader, named: headNames),
          classNames: try head.attribute("class_names") ?? [], labelMap: try head.attribute("label_map") ?? [])
      }
    }
    var importances: [String: [String: TensorView]] = [:]
    if try root.contains("importances") {
      let group = try root.group("importances")
      for measure in try group.names {
        importances[measure] = try Self.tensors(of: group.group(measure), reader, named: known)
      }
    }
    let adapters =
      try root.contains("adapters")
      ? try LowRankFactors(root.group("adapters"), reader, kernels: known.subtracting(headNames)) : nil
    self.init(
      program: program, task: try root.requiredAttribute("task"), epoch: try root.requiredAttribute("epoch"),
      parent: try root.attribute("parent"),
      parameters: try Self.tensors(of: root.group("parameters"), reader, named: known),
      buffers: try root.contains("buffers")
        ? try Self.tensors(of: root.group("buffers"), reader, named: Set(program.buffers.map(\.name))) : [:],
      heads: heads, preprocessing: try Self.preprocessing(of: root, path: path), importances: importances,
      adapters: adapters)
    try validate(file: path)
  }

  static func checkFormat(of root: Group, path: String) throws {
    guard let format: Int = try root.attribute("lethe_format") else {
      throw CheckpointError.malformed(path: path, reason: "an HDF5 file, but not one of Lethe's (no lethe_format)")
    }
    guard format <= FileFormat.version else {
      throw CheckpointError.unsupportedVersion(path: path, found: format, supported: FileFormat.version)
    }
  }

  /// The tensors of a group; one of a name that is not expected is not read.
  static func tensors(of group: Group, _ reader: TensorReader, named expected: Set<String>? = nil) throws
    -> [String: TensorView]
  {
    let expectedOfLinks = try group.linkChecksums()
    var tensors: [String: TensorView] = [:]
    for name in try group.names {
      guard expected?.contains(name) ?? true else {
        throw CheckpointError.unexpectedTensor(tensor: group.child(of: name), file: group.file.path)
      }
      let dataset = try group.dataset(name)
      if let expected = expectedOfLinks[name], try dataset.attribute(Checksum.attributeName) != expected {
        throw CheckpointError.changedTarget(
          tensor: group.child(of: name), file: group.file.path, target: try dataset.holdingFile)
      }
      tensors[name] = try reader.tensor(dataset)
    }
    return tensors
  }

  private static func preprocessing(of root: Group, path: String) throws -> Preprocessing? {
    guard try root.contains("preprocessing") else { return nil }
    let group = try root.group("preprocessing")
    let result = Preprocessing(
      scale: try group.requiredAttribute("scale"), mean: try group.requiredAttribute("mean"),
      standardDeviation: try group.requiredAttribute("standard_deviation"),
      fitsImages: try group.attribute("fit") ?? 0 != 0, imageSize: try group.attribute("image_size"),
      imageResize: try group.attribute("resize"))
    let sides = (result.imageSize ?? []) + (result.imageResize.map { [$0] } ?? [])
    guard result.imageSize.map({ $0.count == 2 }) ?? true, sides.allSatisfy({ (1...65_500).contains($0) }) else {
      throw CheckpointError.malformed(
        path: path, reason: "preprocessing: expected the sides of images from 1 to 65500, found \(sides)")
    }
    guard result.mean.count == result.standardDeviation.count else {
      throw CheckpointError.malformed(
        path: path,
        reason: "preprocessing has \(result.mean.count) means, \(result.standardDeviation.count) standard deviations")
    }
    let numbers = [result.scale] + result.mean + result.standardDeviation
    guard numbers.allSatisfy(\.isFinite), result.scale != 0, result.standardDeviation.allSatisfy({ $0 > 0 }) else {
      throw CheckpointError.malformed(
        path: path,
        reason: "its normalization is no numbers to divide by: scale \(result.scale), mean \(result.mean), "
          + "standard deviation \(result.standardDeviation)")
    }
    return result
  }
}

extension Group {
  // A link cannot carry an attribute, so the checksums expected behind links stand on their group.
  static let linkChecksumsName = "linked_xxh3"

  /// The checksums that the tensors behind this group's external links had when they were linked.
  func linkChecksums() throws -> [String: String] {
    let lines: [String] = try attribute(Self.linkChecksumsName) ?? []
    return Dictionary(lines.map { (String($0.dropFirst(17)), String($0.prefix(16))) }) { first, _ in first }
  }
}
