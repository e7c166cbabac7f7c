import Programs
import Torch

/// Operators found once, at their first use.
private enum Known {
  static let onesLike = Result { try Operator("aten::ones_like") }
  static let tril = Result { try Operator("aten::tril") }
  static let equal = Result { try Operator("aten::equal") }
}

/// The calls of a program whose results follow from the sizes of its inputs alone: a language model's mask, the places of
/// its words. They are made once for inputs of one shape, not at every step.
///
/// `torch.export` also writes the mask of a causal attention out, where eager PyTorch says `is_causal`. An attention
/// whose mask lets each place see itself and those before it is called in that way too: libtorch then leaves the rest
/// out.
final class SizedCalls {
  /// What they give for inputs of some shapes.
  struct Results {
    /// What other calls read, by slot.
    let values: [(slot: Int, value: OperatorValue)]
    /// The positions of the attentions that are causal.
    let causal: Set<Int>
  }

  /// Their positions in the program.
  let positions: Set<Int>
  /// The names of what they give.
  let names: Set<String>
  private let calls: [ResolvedCall]
  private let inputs: [(name: String, slot: Int)]
  /// The calls that read what these give, by slot; -1 is the program's outputs.
  private let readers: [Int: Set<Int>]
  private let slotCount: Int
  private var known: [String: Results?] = [:]

  /// Results that are kept at a time, each of other shapes, and their bytes.
  private static let mostKnown = 4
  private static let mostBytes = 64 << 20

  /// - Parameter calls: of all the program's nodes.
  init(_ program: Program, _ calls: [ResolvedCall], slotOfValue: [String: Int]) throws {
    let (inputNames, mutated) = (Set(program.inputs.map(\.name)), program.mutatedValues)
    var (positions, names): (Set<Int>, Set<String>) = ([], [])
    for (position, node) in program.nodes.enumerated() where !node.isInPlace && mutated.isDisjoint(with: node.outputs) {
      let readsSize = node.operatorName == "aten::sym_size" && node.reads.allSatisfy(inputNames.contains)
      guard readsSize || node.reads.allSatisfy(names.contains), try !ResolvedCall.varies(node, isTraining: true)
      else { continue }
      positions.insert(position)
      names.formUnion(node.outputs)
    }
    var readers: [Int: Set<Int>] = [:]
    func read(_ values: [String], by position: Int) {
      for name in values where names.contains(name) {
        if let slot = slotOfValue[name] { readers[slot, default: []].insert(position) }
      }
    }
    for (position, node) in program.nodes.enumerated() where !positions.contains(position) {
      read(node.reads, by: position)
    }
    read(program.outputs, by: -1)
    self.positions = positions
    self.names = names
    self.readers = readers
    self.calls = calls
    inputs = program.inputs.compactMap { input in slotOfValue[input.name].map { (input.name, $0) } }
    slotCount = slotOfValue.count
  }

  /// What they give for these inputs; nil where that is not kept, as it is large or is no mask and no integers.
  func results(for tensors: [String: Tensor], device: Device) throws -> Results? {
    guard !readers.isEmpty else { return nil }
    let key = inputs.map { "\(tensors[$0.name]?.shape ?? [])" }.joined() + device.name
    if let found = known[key] { return found }
    let found = try withoutGradients { try computed(tensors, device: device) }
    if known.count >= Self.mostKnown { known.removeAll() }
    known.updateValue(found, forKey: key)
    return found
  }

  private func computed(_ tensors: [String: Tensor], device: Device) throws -> Results? {
    var values = [OperatorValue?](repeating: nil, count: slotCount)
    for (name, slot) in inputs { values[slot] = tensors[name].map { .tensor($0) } }
    for position in positions.sorted() {
      let results = try calls[position].results(values, isTraining: false, device: device)
      for (slot, result) in zip(calls[position].outputs, results) { values[slot] = result }
    }
    var (kept, causal): ([(slot: Int, value: OperatorValue)], Set<Int>) = ([], [])
    var byteCount = 0
    for (slot, positions) in readers.sorted(by: { $0.key < $1.key }) {
      guard let value = values[slot] else { continue }
      if case .tensor(let tensor) = value {
        let attentions = positions.filter { $0 >= 0 && calls[$0].attention?.maskSlot == slot }
        if !attentions.isEmpty, try tensor.isCausalMask() {
          causal.formUnion(attentions)
          if attentions.count == positions.count { continue }
        }
        // Others may depend on the precision that a step computes in.
        guard let type = tensor.type, !type.isFloatingPoint else { return nil }
        byteCount += tensor.count * type.byteCount
        guard byteCount <= Self.mostBytes else { return nil }
      }
      kept.append((slot, value))
    }
    return Results(values: kept, causal: causal)
  }
}

extension Tensor {
  /// Whether these booleans, `[…, places, places]`, are true where the first place is not before the second, and there
  /// alone.
  fileprivate func isCausalMask() throws -> Bool {
    guard type == .bool, shape.count >= 2, let count = shape.last, count > 1, shape[shape.count - 2] == count else {
      return false
    }
    let lower = try Known.tril.get().tensor([.tensor(Known.onesLike.get().tensor([.tensor(self)]))])
    guard case .bool(let isEqual)? = try Known.equal.get()([.tensor(self), .tensor(lower)]).first else { return false }
    return isEqual
  }
}
