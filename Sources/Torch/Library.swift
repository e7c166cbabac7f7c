import CTorchInterface
import Foundation

/// libtorch, opened when the first tensor is made.
public enum Library {
  private struct Loaded {
    let table: LTTable
    /// What the library itself says of its version.
    let version: LibraryVersion?
  }

  private static let loaded: Result<Loaded, TorchError> = load()

  static func table() throws -> LTTable { try loaded.get().table }

  /// Opens libtorch now rather than at the first tensor.
  public static func open() throws { _ = try table() }

  /// libtorch's version, as `2.13.0`.
  public static func version() throws -> String {
    let loaded = try loaded.get()
    return loaded.version?.description ?? loaded.table.torch_version().map { String(cString: $0) } ?? "unknown"
  }

  /// Tensor handles created and not yet released, in the whole process.
  public static func liveHandleCount() throws -> Int { Int(try table().live_handle_count()) }

  /// Sets how many threads of the CPU one operator may use.
  public static func setThreadCount(_ count: Int) throws { try table().set_thread_count(Int64(count)) }

  /// The instructions that libtorch computes with on the CPU, by its own name: `AVX2`, `AVX512`, `DEFAULT`.
  public static func cpuCapability() throws -> String {
    try table().cpu_capability().map { String(cString: $0) } ?? "unknown"
  }

  /// How many threads of the CPU one operator may use.
  public static func threadCount() throws -> Int { Int(try table().thread_count()) }

  /// Limits the memory of the host that tensors may have together; by default, what the process has and what is free on
  /// the machine. A tensor beyond it is an error of the operator that makes it, where the system would end the process.
  ///
  /// - Parameter byteCount: bytes; nil for the default.
  public static func setMemoryBudget(_ byteCount: Int?) throws {
    try table().set_memory_budget(byteCount.map(Int64.init) ?? 0)
  }

  /// Memory of the host that tensors have, in bytes.
  public static func memoryInUse() throws -> Int { Int(try table().memory_in_use()) }

  /// The schema of every operator that this libtorch has registered, as `aten::relu(Tensor self) -> Tensor`.
  public static func operatorSchemas() throws -> [String] {
    let table = try table()
    var schemas: [String] = []
    try withUnsafeMutablePointer(to: &schemas) { pointer in
      let status = table.operator_schemas(pointer) { context, schema in
        guard let context, let schema else { return }
        context.assumingMemoryBound(to: [String].self).pointee.append(String(cString: schema))
      }
      try check(status, "schemas", table)
    }
    return schemas
  }

  /// Seeds the generators that operators without an explicit one draw from (dropout in a program).
  public static func seedDefaultGenerators(_ seed: UInt64) throws {
    let table = try table()
    try check(table.seed_default_generators(seed), "seed", table)
  }
}

extension Library {
  /// How this Lethe came to where it is, which decides what helps where libtorch is missing.
  public enum Installation: Sendable, Equatable {
    /// Built, and run where it was built or installed to a prefix.
    case checkout
    /// Installed among the packages of a Python.
    case wheel
  }

  private static func load() -> Result<Loaded, TorchError> {
    boundSpinning()
    let places = LibraryPlaces.present
    // CTorch's symbols are bound to whatever libtorch is loaded first, so that one build serves CPU and CUDA.
    do {
      let torch = try OpenedLibrary(firstOf: places.torch, isGlobal: true)
      return bind(torch, of: LibraryVersion(ofLibrary: torch.handle), places)
    } catch {
      return .failure(.unavailable(reason: error.description, installation: places.installation))
    }
  }

  /// Opens the library that binds an opened libtorch.
  private static func bind(
    _ torch: OpenedLibrary, of version: LibraryVersion?, _ places: LibraryPlaces
  ) -> Result<Loaded, TorchError> {
    let candidates = places.bindings(for: version)
    var failure: OpenedLibrary.Failure?
    var binding: OpenedLibrary?
    do {
      binding = try OpenedLibrary(firstOf: candidates, isGlobal: false)
    } catch {
      failure = error
      // What another version lacks is missed when it is called, if not before: the binding can still say what it is for.
      binding = try? OpenedLibrary(firstOf: candidates, isGlobal: false, isLazy: true)
    }
    typealias Entry = @convention(c) () -> UnsafeRawPointer?
    let entry = binding.flatMap { dlsym($0.handle, tableName) }
    let table = entry.flatMap {
      unsafeBitCast($0, to: Entry.self)()?.assumingMemoryBound(to: LTTable.self).pointee
    }
    let built = table.flatMap { table -> LibraryVersion? in
      guard table.version == LT_TABLE_VERSION else { return nil }
      return table.torch_version().flatMap { LibraryVersion(String(cString: $0)) }
    }
    let releases = built.map { [$0.release] } ?? (binding == nil ? places.boundReleases : [])
    let isOther = version.map { !releases.contains($0.release) } ?? (built == nil)
    if isOther, !releases.isEmpty {
      return .failure(
        .otherVersion(
          built: releases, found: version?.release ?? "before 2.9", library: torch.file,
          installation: places.installation))
    }
    if let failure {
      let reason = "\(torch.file) was opened, and libCTorch.so, which binds it, was not: \(failure.description)"
      return .failure(.unavailable(reason: reason, installation: places.installation))
    }
    let unfit = { (reason: String) -> Result<Loaded, TorchError> in
      let file = binding?.file ?? "libCTorch.so"
      return .failure(.unavailable(reason: "\(file) \(reason)", installation: places.installation))
    }
    guard entry != nil else { return unfit("exports no \(tableName)") }
    guard let table else { return unfit("was built without libtorch") }
    guard table.version == LT_TABLE_VERSION else {
      return unfit("has table version \(table.version), expected \(LT_TABLE_VERSION)")
    }
    return .success(Loaded(table: table, version: version))
  }

  private static let tableName = "lethe_torch_table"

  /// On a machine that others use too, a waiting OpenMP thread that spins takes the processor from the one it waits
  /// for. The variables are read when the OpenMP library loads; what the user set stays.
  private static func boundSpinning() {
    setenv("GOMP_SPINCOUNT", "20000", 0)
    setenv("KMP_BLOCKTIME", "1", 0)
  }
}
