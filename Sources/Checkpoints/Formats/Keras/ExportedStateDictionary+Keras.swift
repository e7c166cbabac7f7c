import Files
import Foundation
import HDF5

extension ExportedStateDictionary {
  /// Writes the tensors as Keras 3 has them (`.weights.h5`): with the layers, names and layouts of a file of Keras', so that
  /// `load_weights` of the model that wrote that file reads them.
  ///
  /// - Parameter template: a `.weights.h5` or `.keras` of the same layers.
  /// - Throws: ``CheckpointError`` where a tensor of the one has no place in the other.
  public func writeKeras(to path: String, like template: String) throws {
    try Self.withKerasRoot(of: template) { root, configuration in
      let content = try KerasGroups.content(of: root, configuration: configuration)
      let names = try KerasFile(root, configuration: configuration).names
      var places = KerasPlaces(WeightMatch.aligned(tensors, to: Set(names)).tensors, file: template)
      let datasets = try content.layers.flatMap { try places.datasets(of: $0, in: root) }
      try places.requireNoneLeft()
      try File.writeAtomically(to: path) { new in
        try root.visitGroups { group in
          guard !group.path.isEmpty, !KerasGroups.isState(group.path.split(separator: "/").map(String.init) + [""])
          else { return }
          let copy = try new.requireGroup(group.path)
          if let name: String = try group.attribute("name") { try copy.setAttribute("name", to: name) }
        }
        for (place, tensor) in datasets { try new.writeTensor(place, tensor) }
      }
    }
  }

  private static func withKerasRoot<Result>(
    of path: String, _ body: (Group, KerasConfiguration?) throws -> Result
  ) throws -> Result {
    let file = try MappedFile(path)
    if ZipArchive.isZip(file) {
      let archive = try ZipArchive(file)
      if try KerasArchive.matches(archive) { return try KerasArchive.withWeights(of: archive, body) }
    } else if file.isHDF5 {
      let root = try File.open(path).root
      if try !KerasLegacyFile.matches(root), try KerasGroups.matches(root) { return try body(root, nil) }
    }
    throw CheckpointError.malformed(path: path, reason: "expected a .weights.h5 or .keras that Keras 3 wrote")
  }
}

/// Finds the places of PyTorch's tensors in a Keras file.
///
/// What is done to a layer's tensors when they are read moves numbers and changes none. Done to the numbers' places, it
/// says where each came from.
private struct KerasPlaces {
  private let tensors: [String: TensorView]
  private let file: String
  private var left: Set<String>

  /// - Parameters:
  ///   - tensors: by the names that the file's tensors are read under.
  ///   - file: the Keras file, for messages.
  init(_ tensors: [String: TensorView], file: String) {
    self.tensors = tensors
    self.file = file
    left = Set(tensors.keys.filter { !$0.hasSuffix("num_batches_tracked") })
  }

  /// - Throws: ``CheckpointError/malformed(path:reason:)`` where a tensor has found no place.
  func requireNoneLeft() throws {
    guard let name = left.min() else { return }
    throw refusal("it has no place for the tensor \(name)")
  }

  /// A layer's datasets with the numbers that belong in them.
  mutating func datasets(of layer: KerasLayer, in root: Group) throws -> [(path: String, tensor: TensorView)] {
    let datasets = try layer.weights.map { try root.dataset($0.path) }
    let shapes = try datasets.map { try $0.shape }
    guard let type = try datasets.first?.elementType, try datasets.allSatisfy({ try $0.elementType == type }) else {
      throw refusal("the tensors of its layer \(layer.name) are of several types")
    }
    // Places are counted from 1: 0 is a number that Keras does not have.
    var counted: Int64 = 1
    let origins = KerasConversion(
      layer,
      zip(layer.weights, shapes).map { weight, shape in
        let start = counted
        counted += Int64(shape.reduce(1, *))
        return (weight, TensorView(Array(start..<counted), shape: shape))
      }
    ).tensors
    let size = type.byteCount
    var bytes = [UInt8](repeating: 0, count: Int(counted) * size)
    for (name, origin) in origins {
      let places = origin.array(of: Int64.self)
      let numbers = try tensor(layer, name, origins).converted(to: type)
      guard numbers.shape == origin.shape, numbers.elementType == type else {
        throw refusal(
          "its \(layer.name).\(name) is \(type.rawValue) of shape \(origin.shape), "
            + "found \(numbers.elementType.rawValue) of shape \(numbers.shape)")
      }
      numbers.withUnsafeBytes { source in
        for (position, place) in places.enumerated() where place > 0 {
          for byte in 0..<size { bytes[Int(place) * size + byte] = source[position * size + byte] }
        }
      }
    }
    var end = size
    return zip(layer.weights, shapes).map { weight, shape in
      let start = end
      end += shape.reduce(1, *) * size
      return (weight.path, TensorView(bytes: Array(bytes[start..<end]), elementType: type, shape: shape))
    }
  }

  /// The tensor of that name; of two biases that Keras has one for, their sum.
  private mutating func tensor(
    _ layer: KerasLayer, _ name: String, _ origins: [(name: String, tensor: TensorView)]
  ) throws -> TensorView {
    let bias = try found(layer, name)
    guard name.hasPrefix("bias_ih"),
      let second = origins.first(where: { $0.name == name.replacing("bias_ih", with: "bias_hh") }),
      second.tensor.array(of: Int64.self).allSatisfy({ $0 == 0 })
    else { return bias }
    let other = try found(layer, second.name)
    let pairs = zip(
      bias.converted(to: .float64).array(of: Double.self), other.converted(to: .float64).array(of: Double.self))
    // What is added to nothing keeps its sign of zero.
    return TensorView(pairs.map { $1 == 0 ? $0 : $0 + $1 }, shape: bias.shape)
  }

  private mutating func found(_ layer: KerasLayer, _ name: String) throws -> TensorView {
    let full = layer.name.isEmpty ? name : "\(layer.name).\(name)"
    guard let tensor = tensors[full] else { throw refusal("it has \(full), which the model does not have") }
    left.remove(full)
    return tensor
  }

  private func refusal(_ reason: String) -> CheckpointError { .malformed(path: file, reason: reason) }
}
