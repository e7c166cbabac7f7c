import Files
import Foundation
import HDF5
import Programs

/// A `.pt2` archive that `torch.export.save` wrote: a graph as JSON, and its tensors as raw bytes.
public struct ExportedProgramArchive {
  /// The graph's tensors, by PyTorch's names: parameters, buffers and constants. Mapped, except where strides ask for a
  /// copy; tied tensors share their bytes.
  public let tensors: [String: TensorView]
  /// The names in the order of the archive's lists.
  public let names: [String]
  let archive: ZipArchive
  /// Where each tensor lies in the archive.
  private(set) var places: [String: Place] = [:]
  private let root: String

  /// A window on an entry of the archive.
  struct Place {
    let entry: String
    let window: StridedTensor
  }

  /// Whether an archive has a graph.
  static func isExportedProgram(_ archive: ZipArchive) -> Bool { graphEntry(of: archive) != nil }

  private static func graphEntry(of archive: ZipArchive) -> ZipArchive.Entry? {
    archive.entries.first { $0.name.hasSuffix("/models/model.json") || $0.name == "models/model.json" }
      ?? archive.entries.first { $0.name.contains("/models/") && $0.name.hasSuffix(".json") }
  }

  /// - Throws: ``CheckpointError``, naming the file and the tensor.
  public init(contentsOf path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { throw CheckpointError.notFound(path: path) }
    let file = try MappedFile(path)
    guard ZipArchive.isZip(file) else {
      throw CheckpointError.malformed(path: path, reason: "not a zip file, as torch.export.save writes it")
    }
    try self.init(ZipArchive(file))
  }

  init(_ archive: ZipArchive) throws {
    let path = archive.file.path
    self.archive = archive
    guard let graph = Self.graphEntry(of: archive) else {
      let isOld = archive.entries.contains { $0.name.hasSuffix("serialized_exported_program.json") }
      throw CheckpointError.malformed(
        path: path,
        reason: isOld
          ? "a program of PyTorch 2.7 or earlier; export it with 2.8 or later"
          : "a zip file without a program: no models/model.json")
    }
    root = String(graph.name.prefix(upTo: graph.name.range(of: "models/")?.lowerBound ?? graph.name.startIndex))
    var tensors: [String: TensorView] = [:]
    var names: [String] = []
    for (folder, configuration) in [("weights", "model_weights_config"), ("constants", "model_constants_config")] {
      let place = "\(root)data/\(folder)/"
      guard let entry = try archive.entry("\(place)\(configuration).json") else { continue }
      let list = try Self.decode(TensorList.self, archive.data(of: entry), path: path, entry: entry.name)
      for (name, description) in list.config.sorted(by: { $0.key < $1.key }) {
        guard let record = try archive.entry(place + description.path) else {
          throw CheckpointError.malformed(path: path, reason: "\(name): its data, \(description.path), are missing")
        }
        let window = try description.window(name, path: path)
        tensors[name] = try window.view(
          of: archive.file, storageOffset: record.offset, storageByteCount: record.byteCount)
        places[name] = Place(entry: record.name, window: window)
        names.append(name)
      }
    }
    self.tensors = tensors
    self.names = names
  }

  /// The graph as a program.
  ///
  /// - Parameter output: which of several outputs comes first, as the task's.
  public func program(output: ExportedProgram.TaskOutput = .found) throws -> Program {
    guard let entry = Self.graphEntry(of: archive) else { preconditionFailure("checked when it was opened") }
    do {
      return try ExportedProgram(json: archive.data(of: entry)).program(output: output)
    } catch let error as ProgramError {
      if case .unclearOutput = error {
        throw CheckpointError.unclear(path: archive.file.path, .output, reason: "\(error)")
      }
      throw CheckpointError.malformed(path: archive.file.path, reason: "\(error)")
    }
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, _ json: Data, path: String, entry: String
  ) throws -> Value {
    do { return try JSONDecoder().decode(type, from: json) } catch {
      throw CheckpointError.malformed(path: path, reason: "its entry \(entry) cannot be read")
    }
  }

  private struct TensorList: Decodable { let config: [String: Description] }

  private struct Description: Decodable {
    let path: String
    let isPickled: Bool
    let meta: Meta

    enum CodingKeys: String, CodingKey {
      case path = "path_name"
      case isPickled = "use_pickle"
      case meta = "tensor_meta"
    }

    struct Meta: Decodable {
      let dtype: Int
      let sizes: [Number]
      let strides: [Number]
      let offset: Number

      enum CodingKeys: String, CodingKey {
        case dtype, sizes, strides
        case offset = "storage_offset"
      }
    }

    struct Number: Decodable {
      let value: Int
      enum CodingKeys: String, CodingKey { case value = "as_int" }
    }

    func window(_ name: String, path: String) throws -> StridedTensor {
      guard !isPickled else {
        throw CheckpointError.malformed(
          path: path, reason: "\(name): stored as a pickle; move the model to the CPU before exporting it")
      }
      guard let type = ExportedProgram.elementType(meta.dtype).flatMap(ElementType.init(rawValue:)) else {
        throw CheckpointError.malformed(path: path, reason: "\(name): its element type is not supported")
      }
      return StridedTensor(
        name: name, elementType: type, shape: meta.sizes.map(\.value), strides: meta.strides.map(\.value),
        offset: meta.offset.value)
    }
  }
}

extension Checkpoint {
  /// The model that a `.pt2` archive holds, its classifier the head of `task`.
  ///
  /// - Parameters:
  ///   - output: which of several outputs is the task's.
  ///   - head: paths of the layers, or parameters, that a task owns; nil for the classifier that is found. Each of their
  ///     parameters has an entry for each class along its first axis.
  /// - Throws: ``CheckpointError``, naming the file and the layer or tensor.
  public init(
    exportedProgram path: String, task: String, output: ExportedProgram.TaskOutput = .found, head: [String]? = nil
  ) throws {
    let archive = try ExportedProgramArchive(contentsOf: path)
    var program = try archive.program(output: output)
    if let head { try program.takeHead(head, file: path) }
    func held(_ specifications: [TensorSpecification]) throws -> [String: TensorView] {
      var views: [String: TensorView] = [:]
      for specification in specifications {
        guard let view = archive.tensors[specification.name] else {
          throw CheckpointError.missingTensor(tensor: specification.name, file: path)
        }
        views[specification.name] = view
      }
      return views
    }
    self.init(
      program: program, task: task, parameters: try held(program.parameters), buffers: try held(program.buffers))
    if !program.headParameterNames.isEmpty {
      rename(task: task)
    } else if program.outputShape.count == 2, program.outputShape[1] > 0 {
      // Without a classifier of its own it can still be judged: its classes are its outputs.
      let count = program.outputShape[1]
      guard count <= Self.mostNumberedClasses else {
        throw CheckpointError.malformed(
          path: path, reason: "its output has \(count) numbers an example, more than classes are numbered")
      }
      heads[task] = Head(tensors: [:], classNames: Self.numberedClasses(count), labelMap: Array(0..<count))
    }
    try validate(file: path)
  }

  /// One number in a file would make as many classes as it says.
  private static let mostNumberedClasses = 1_000_000
}

extension Program {
  /// Makes layers the classifier.
  fileprivate mutating func takeHead(_ paths: [String], file: String) throws {
    func refuse(_ reason: String) -> CheckpointError { .malformed(path: file, reason: reason) }
    let found = head
    for path in paths {
      head = path
      guard !headParameterNames.isEmpty else {
        let layers = Set(parameters.map { layerName(ofParameter: $0.name) })
        throw refuse("\(ProgramError.unknownHead(head: path, nearest: nearest(path, in: layers)))")
      }
    }
    head = paths.joined(separator: ",")
    let names = Set(headParameterNames)
    let specifications = parameters.filter { names.contains($0.name) }
    let counts = Set(specifications.map { $0.shape.first ?? 0 })
    guard counts.count == 1, counts.first == outputShape.last || outputShape.isEmpty else {
      let shapes = specifications.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
      head = found
      throw refuse(
        "the layers a task owns have an entry for each of its \(outputShape.last ?? 0) outputs first; found \(shapes)")
    }
  }
}
