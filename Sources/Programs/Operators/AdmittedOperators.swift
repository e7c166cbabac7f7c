import Synchronization

/// The operators that a program from a file may call.
///
/// libtorch's dispatcher also has operators that read and write files, that take over another tensor's memory, and that
/// trust what they are told of it. So a program calls reviewed ones alone, by a list that `Rule/make_operators.py`
/// makes by the rule in it. Which overloads of a name may run depends on their schema in the libtorch at hand, and
/// what they are given is checked at each call: see `Operator.init(guarded:overload:)` in `Torch`.
///
/// What Lethe itself calls for training and analysis is not meant.
public enum AdmittedOperators {
  /// Admits operators by their qualified names, `mylib::attention`, in this process, whatever file names them.
  ///
  /// Neither their schema nor their arguments are checked then: it is for whoever starts the process to trust them.
  public static func admit(_ names: [String]) { own.withLock { $0.formUnion(names) } }

  /// Whether whoever started the process admitted an operator.
  public static func isOwn(_ name: String) -> Bool { own.withLock { $0.contains(name) } }

  /// Whether a program may call an operator, as far as its name says.
  public static func contains(_ name: String, overload: String) -> Bool {
    if SizeArithmetic(name) != nil || isOwn(name) { return true }
    guard name.hasPrefix("aten::") else { return false }
    let base = String(name.dropFirst("aten::".count))
    return textArguments[base] != nil && !refusedOverloads.contains("\(base).\(overload)")
  }

  /// The names of the arguments of an operator on the list that may be text.
  public static func textArguments(of name: String) -> [String] {
    textArguments[String(name.dropFirst("aten::".count))] ?? []
  }

  private static let own = Mutex<Set<String>>([])

  private static let textArguments: [String: [String]] = Dictionary(
    uniqueKeysWithValues: words.split(whereSeparator: \.isWhitespace).map { word in
      let parts = word.split(separator: "(")
      let texts = parts.count > 1 ? parts[1].dropLast().split(separator: ",").map(String.init) : []
      return (String(parts[0]), texts)
    })
}

extension Program {
  /// The first call of each operator that no program from a file may call; empty for a program that can be run.
  public var refusedCalls: [Node] {
    var seen: Set<String> = []
    return nodes.filter { node in
      !AdmittedOperators.contains(node.operatorName, overload: node.overload)
        && seen.insert("\(node.operatorName).\(node.overload)").inserted
    }
  }

  /// Checks that the program calls only operators that a program from a file may call, by their names alone: nothing is
  /// run, and libtorch is not needed.
  ///
  /// - Throws: ``ProgramError/refusedOperator(name:layer:)``.
  public func checkOperators() throws {
    if let call = refusedCalls.first { throw ProgramError.refusedOperator(name: call.fullName, layer: call.layer) }
  }
}

extension Node {
  /// The operator with its overload, `aten::add.Tensor`.
  public var fullName: String { overload.isEmpty ? operatorName : "\(operatorName).\(overload)" }
}
