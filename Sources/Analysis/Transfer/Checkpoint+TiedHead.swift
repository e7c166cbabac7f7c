import Checkpoints
import Models
import Programs

/// Heads that share their tensors with the layers below, as a language model's may with its embedding: what is copied or
/// frozen there is so in the head too.
extension Checkpoint {
  /// Of the head in place, each parameter that is one with another of the network, with that one's name.
  var tiedHeadNames: [String: String] {
    let names = Set(program.headParameterNames)
    var bodies: [TensorView.Identity: String] = [:]
    for specification in program.parameters where !names.contains(specification.name) {
      if let identity = parameters[specification.name]?.identity { bodies[identity] = specification.name }
    }
    return (heads[task]?.tensors ?? [:]).compactMapValues { $0.identity.flatMap { bodies[$0] } }
  }

  /// With the head's parameters one with others of the network, which are as they were.
  ///
  /// - Parameter names: the other's, by the head's.
  func tied(as names: [String: String]) -> Checkpoint {
    var tied = self
    for (own, other) in names {
      tied.heads[task]?.tensors[own] = parameters[other]
      if parameters[own] != nil { tied.parameters[own] = parameters[other] }
    }
    return tied
  }

  /// Likewise, where the head's are as they were: an embedding that is drawn as such, from N(0, 1), is no head to begin with.
  func tiedByHead(as names: [String: String]) -> Checkpoint {
    var drawn = self
    for (own, other) in names { drawn.parameters[other] = heads[task]?.tensors[own] }
    return drawn.tied(as: names)
  }

  /// Whether anything but what is tied to the layers below is in the head, so that it can be trained alone.
  public var trainsHeadAlone: Bool { !program.headParameterNames.allSatisfy { tiedHeadNames[$0] != nil } }

  /// Whether anything is left to train once a cut's layers are frozen: of a head that is tied to one of them, nothing is.
  public func canFreeze(_ cut: TransferCut) -> Bool {
    let frozen = Set(cut.parameterNames)
    let tied = tiedHeadNames
    return !program.parameters.allSatisfy { frozen.contains(tied[$0.name] ?? $0.name) }
  }
}
