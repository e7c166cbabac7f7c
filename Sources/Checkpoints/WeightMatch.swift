import HDF5
import Programs

/// How the tensors of a file fit a program, by name.
public struct WeightMatch: Sendable {
  /// A tensor that both have, in shapes that do not fit.
  public struct ShapeMismatch: Sendable, Equatable {
    /// The program's name of the tensor.
    public let name: String
    /// The program's shape.
    public let expected: [Int]
    /// The file's shape.
    public let found: [Int]
  }

  /// A tensor that both have, in kinds of numbers that do not fit.
  public struct TypeMismatch: Sendable, Equatable {
    /// The program's name of the tensor.
    public let name: String
    /// The program's element type.
    public let expected: String
    /// The file's element type.
    public let found: ElementType
  }

  /// The tensors that fit, by the program's names, in the program's element types.
  public private(set) var tensors: [String: TensorView] = [:]
  /// Tensors of the program that the file lacks, in the program's order.
  public private(set) var missing: [String] = []
  /// Tensors of the file that the program does not have.
  public private(set) var unexpected: [String] = []
  /// Tensors that both have in different shapes, but for the classifier's first axis.
  public private(set) var mismatched: [ShapeMismatch] = []
  /// Tensors that both have in kinds of numbers of which the one cannot stand for the other.
  public private(set) var mistyped: [TypeMismatch] = []
  /// The file's classifier where it has another number of classes than the program's, by the program's names.
  public private(set) var differingHead: [String: TensorView] = [:]
  /// A tensor that the file lacks and one of the same shape that the program does not have, where most that are missing
  /// have such a counterpart: then the file calls the same tensors by other names. Nil otherwise.
  public private(set) var otherName: (program: String, file: String)?
  /// What was done to the file's names and numbers, in words.
  public private(set) var notes: [String] = []

  /// Compares a file's tensors with what a program needs.
  ///
  /// Where the names of the one are those of the other with a common prefix (`backbone.`), the prefix is added or
  /// removed. Counters of batches and tensors outside PyTorch's state dict may be absent from the file.
  ///
  /// - Parameter shared: names of one tensor each, as ``Checkpoint/sharedParameters`` gives them: a file that has it under
  ///   one of them has it under all, as Hugging Face writes tied weights.
  public init(_ file: [String: TensorView], to program: Program, sharing shared: [[String]] = []) {
    let specifications = program.parameters + program.buffers
    let wanted = Set(specifications.map(\.name))
    var (available, note) = Self.aligned(file, to: wanted)
    notes = note.map { [$0] } ?? []
    for names in shared {
      guard let known = names.lazy.compactMap({ available[$0] }).first else { continue }
      for name in names where available[name] == nil { available[name] = known }
    }
    let headNames = Set(program.headParameterNames)
    var converted: [TensorView.Identity: TensorView] = [:]
    func fit(_ tensor: TensorView, _ specification: TensorSpecification) -> TensorView {
      // Tied tensors stay tied.
      if let identity = tensor.identity, let known = converted[identity],
        known.elementType.rawValue == specification.elementType
      {
        return known
      }
      let result = tensor.converted(to: specification) ?? tensor
      if let identity = tensor.identity { converted[identity] = result }
      return result
    }
    for specification in specifications {
      let name = specification.name
      guard let tensor = available[name] else {
        if specification.isPersistent, !name.hasSuffix("num_batches_tracked") { missing.append(name) }
        continue
      }
      guard tensor.converted(to: specification) != nil else {
        mistyped.append(TypeMismatch(name: name, expected: specification.elementType, found: tensor.elementType))
        continue
      }
      if tensor.shape == specification.shape {
        tensors[name] = fit(tensor, specification)
      } else if headNames.contains(name), tensor.shape.count == specification.shape.count,
        tensor.shape.dropFirst() == specification.shape.dropFirst()
      {
        differingHead[name] = fit(tensor, specification)
      } else {
        mismatched.append(ShapeMismatch(name: name, expected: specification.shape, found: tensor.shape))
      }
    }
    let counters = tensors.keys.count { name in
      available[name]?.elementType.isFloatingPoint == true && tensors[name]?.elementType.isFloatingPoint == false
    }
    if counters > 0 {
      notes.append("its \(counters) counters of batches (num_batches_tracked) are fractions, cast to int64")
    }
    unexpected = available.keys.filter { !wanted.contains($0) }.sorted()
    otherName = otherName(in: available, of: specifications)
    if !differingHead.isEmpty {
      // A head is whole or not there: what fits of a differing one (a weight without classes) goes with it.
      for name in headNames { if let tensor = tensors.removeValue(forKey: name) { differingHead[name] = tensor } }
    }
  }

  private func otherName(
    in available: [String: TensorView], of specifications: [TensorSpecification]
  ) -> (program: String, file: String)? {
    let named = Dictionary(grouping: unexpected) { available[$0]?.shape ?? [] }
    let absent = Set(missing)
    let lacking = specifications.filter { absent.contains($0.name) }
    let alike = Dictionary(grouping: lacking, by: \.shape).reduce(0) {
      $0 + min($1.value.count, named[$1.key]?.count ?? 0)
    }
    guard alike * 2 > lacking.count, let first = lacking.first(where: { named[$0.shape] != nil }),
      let names = named[first.shape], let file = nearest(first.name, in: names).first ?? names.first
    else { return nil }
    return (first.name, file)
  }

  /// Names that a person may have meant by a missing one.
  public func candidates(for name: String) -> [String] { nearest(name, in: unexpected) }

  /// A file's tensors under names that lack or have a prefix, or a recurrent layer's level, where that makes them those
  /// wanted.
  public static func aligned(
    _ file: [String: TensorView], to wanted: Set<String>
  ) -> (tensors: [String: TensorView], note: String?) {
    let (file, cellNote) = cells(file, to: wanted)
    let (tensors, prefixNote) = prefixed(file, to: wanted)
    let notes = [cellNote, prefixNote].compactMap { $0 }
    return (tensors, notes.isEmpty ? nil : notes.joined(separator: "; "))
  }

  /// The weights of a recurrent layer's first level (`weight_ih_l0`) for those of a cell (`weight_ih`), or the other way
  /// about, where that is what is wanted: PyTorch's `LSTM` and `LSTMCell` compute the same.
  private static func cells(
    _ file: [String: TensorView], to wanted: Set<String>
  ) -> (tensors: [String: TensorView], note: String?) {
    let level = "_l0"
    var tensors = file
    var renaming: String?
    for (name, tensor) in file where !wanted.contains(name) {
      let isLevel = name.hasSuffix(level)
      let other = isLevel ? String(name.dropLast(level.count)) : name + level
      guard wanted.contains(other), file[other] == nil else { continue }
      tensors[name] = nil
      tensors[other] = tensor
      renaming =
        isLevel
        ? "removed '_l0' from the file's names for the model's cells" : "added '_l0' to the names of the file's cells"
    }
    return (tensors, renaming)
  }

  private static func prefixed(
    _ file: [String: TensorView], to wanted: Set<String>
  ) -> (tensors: [String: TensorView], note: String?) {
    let direct = wanted.count { file[$0] != nil }
    guard direct * 2 < wanted.count else { return (file, nil) }
    func commonest(_ prefixes: [String]) -> (prefix: String, count: Int)? {
      Dictionary(prefixes.map { ($0, 1) }, uniquingKeysWith: +).max { ($0.value, $1.key) < ($1.value, $0.key) }
        .map { ($0.key, $0.value) }
    }
    let inFile = commonest(file.keys.flatMap { Self.prefixes(of: $0, in: wanted) })
    if let inFile, inFile.count > max(direct, wanted.count / 2) {
      let renamed = file.map { name, tensor in
        (name.hasPrefix(inFile.prefix) ? String(name.dropFirst(inFile.prefix.count)) : name, tensor)
      }
      return (Dictionary(renamed) { first, _ in first }, "removed the prefix '\(inFile.prefix)' from the file's names")
    }
    let inProgram = commonest(wanted.flatMap { Self.prefixes(of: $0, in: file.keys) })
    if let inProgram, inProgram.count > max(direct, file.count / 2) {
      let renamed = file.map { name, tensor in
        (wanted.contains(inProgram.prefix + name) ? inProgram.prefix + name : name, tensor)
      }
      return (Dictionary(renamed) { first, _ in first }, "added the prefix '\(inProgram.prefix)' to the file's names")
    }
    return (file, nil)
  }

  /// The leading paths of a name without which it is one of the others.
  private static func prefixes(of name: String, in others: some Collection<String>) -> [String] {
    var found: [String] = []
    var rest = name[...]
    let others = others as? Set<String> ?? Set(others)
    while let dot = rest.firstIndex(of: ".") {
      rest = rest[rest.index(after: dot)...]
      if others.contains(String(rest)) { found.append(String(name[..<rest.startIndex])) }
    }
    return found
  }
}

extension TensorView {
  /// The same numbers in the type a program wants; nil where they are of another kind.
  ///
  /// Narrowed state dicts have their counters of batches in a fraction's type: whole numbers among these are cast.
  fileprivate func converted(to specification: TensorSpecification) -> TensorView? {
    guard let wanted = ElementType(rawValue: specification.elementType), wanted != elementType else { return self }
    if wanted.isFloatingPoint, elementType.isFloatingPoint { return converted(to: wanted) }
    guard wanted == .int64, elementType.isFloatingPoint, specification.name.hasSuffix("num_batches_tracked") else {
      return nil
    }
    let numbers = converted(to: .float64).array(of: Double.self).map(Int64.init(exactly:))
    let whole = numbers.compactMap { $0 }
    return whole.count == numbers.count ? TensorView(whole, shape: shape) : nil
  }

  /// The same numbers in another floating-point type, rounded to nearest; anything else is returned as it is.
  public func converted(to type: ElementType) -> TensorView {
    guard elementType != type, elementType.isFloatingPoint, type.isFloatingPoint else { return self }
    let numbers: [Double] =
      switch elementType {
      case .float64: array(of: Double.self)
      case .float32: array(of: Float.self).map(Double.init)
      case .float16: words.map { Double(Float16(bitPattern: $0)) }
      default: words.map { Double(Float(bitPattern: UInt32($0) << 16)) }
      }
    func packed<Element>(_ elements: [Element]) -> TensorView {
      elements.withUnsafeBytes { TensorView(copying: $0, elementType: type, shape: shape) }
    }
    switch type {
    case .float64: return packed(numbers)
    case .float32: return packed(numbers.map { Float($0) })
    case .float16: return packed(numbers.map { Float16($0).bitPattern })
    default: return packed(numbers.map { Self.bfloat16(Float($0)) })
    }
  }

  private var words: [UInt16] { withUnsafeBytes { Array($0.assumingMemoryBound(to: UInt16.self)) } }

  private static func bfloat16(_ value: Float) -> UInt16 {
    guard !value.isNaN else { return 0x7FC0 }
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }
}
