/// On what a run is computed. The last digits of its results depend on it, as sums are taken in another order.
public struct RunEnvironment: Sendable, Equatable, Codable {
  /// libtorch's name of the device: `cpu`, `cuda:0`.
  public var device: String?
  /// The version of libtorch.
  public var libtorch: String?
  /// The CPU's threads.
  public var threads: Int?
  /// The instructions that libtorch computes with on the CPU, by its own name: `AVX2`, `AVX512`, `DEFAULT`.
  public var cpuCapability: String?
  /// The version of Lethe.
  public var lethe: String?
  /// How a GPU was told to compute, where libtorch could do otherwise; nil of the CPU.
  public var arithmetic: String?

  /// An environment; what is left out is not known.
  public init(
    device: String? = nil, libtorch: String? = nil, threads: Int? = nil, cpuCapability: String? = nil,
    lethe: String? = nil, arithmetic: String? = nil
  ) {
    self.device = device
    self.libtorch = libtorch
    self.threads = threads
    self.cpuCapability = cpuCapability
    self.lethe = lethe
    self.arithmetic = arithmetic
  }

  /// What differs, of what is known of both: what it is called, what it was, and what it is now.
  public func differences(to now: RunEnvironment) -> [(name: String, before: String, now: String)] {
    [
      ("device", device, now.device), ("libtorch", libtorch, now.libtorch),
      ("threads", threads.map(String.init), now.threads.map(String.init)),
      ("CPU instructions", cpuCapability, now.cpuCapability), ("Lethe", lethe, now.lethe),
      ("arithmetic", arithmetic, now.arithmetic),
    ].compactMap { name, before, now in
      guard let before, let now, before != now else { return nil }
      return (name, before, now)
    }
  }
}

/// Where a run went on in another environment than before.
public struct RunMove: Sendable, Equatable, Codable {
  /// The last epoch that was computed in the one before.
  public var epoch: Int
  /// The environment from then on.
  public var environment: RunEnvironment

  /// A move after an epoch.
  public init(epoch: Int, environment: RunEnvironment) {
    self.epoch = epoch
    self.environment = environment
  }
}

extension RunRecord {
  /// On what the last part of the run was computed.
  public var environment: RunEnvironment {
    state.moves?.last?.environment
      ?? RunEnvironment(
        device: state.device, libtorch: state.libtorch, threads: state.threads, cpuCapability: state.cpuCapability,
        lethe: letheVersion, arithmetic: state.arithmetic)
  }

  /// Notes on what the run goes on after an epoch; nil where it begins again.
  public mutating func goesOn(in now: RunEnvironment, after epoch: Int?) {
    guard let epoch else {
      state.moves = nil
      (state.device, state.libtorch) = (now.device, now.libtorch)
      (state.threads, state.cpuCapability) = (now.threads, now.cpuCapability)
      state.arithmetic = now.arithmetic
      letheVersion = now.lethe ?? letheVersion
      return
    }
    // What came after a later epoch is computed anew.
    var moves = (state.moves ?? []).filter { $0.epoch < epoch }
    state.moves = moves.isEmpty ? nil : moves
    guard !environment.differences(to: now).isEmpty else { return }
    moves.append(RunMove(epoch: epoch, environment: now))
    state.moves = moves
  }
}
