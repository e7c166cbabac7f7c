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
  private static func load() -> Result<Loaded, TorchError> {
    boundSpinning()
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    // CTorch's symbols are bound to whatever libtorch is loaded first, so that one build serves CPU and CUDA.
    var opened: (version: LibraryVersion, library: String)?
    if let failure = openFirst(
      torchCandidates(near: executable), global: true,
      onSuccess: { handle, library in opened = LibraryVersion(ofLibrary: handle).map { ($0, library) } })
    {
      return .failure(.unavailable(reason: failure))
    }
    var entry: UnsafeMutableRawPointer?
    let failure = openFirst(
      bindingCandidates(near: executable), global: false,
      onSuccess: { handle, _ in entry = dlsym(handle, tableName) })
    // What another version lacks is missed when it is called, if not before: the binding can still say what it is for.
    if failure != nil {
      _ = openFirst(
        bindingCandidates(near: executable), global: false, isLazy: true,
        onSuccess: { handle, _ in entry = dlsym(handle, tableName) })
    }
    typealias Entry = @convention(c) () -> UnsafeRawPointer?
    let table = entry.flatMap {
      unsafeBitCast($0, to: Entry.self)()?.assumingMemoryBound(to: LTTable.self).pointee
    }
    if let table, table.version == LT_TABLE_VERSION, let opened,
      let built = table.torch_version().flatMap({ LibraryVersion(String(cString: $0)) }),
      built.release != opened.version.release
    {
      return .failure(
        .otherVersion(built: built.release, found: opened.version.release, library: opened.library))
    }
    if let failure { return .failure(.unavailable(reason: failure)) }
    guard entry != nil else { return .failure(.unavailable(reason: "libCTorch.so exports no \(tableName)")) }
    guard let table else { return .failure(.unavailable(reason: "libCTorch.so was built without libtorch")) }
    guard table.version == LT_TABLE_VERSION else {
      let reason = "libCTorch.so has table version \(table.version), expected \(LT_TABLE_VERSION)"
      return .failure(.unavailable(reason: reason))
    }
    return .success(Loaded(table: table, version: opened?.version))
  }

  private static let tableName = "lethe_torch_table"

  /// On a machine that others use too, a waiting OpenMP thread that spins takes the processor from the one it waits
  /// for. The variables are read when the OpenMP library loads; what the user set stays.
  private static func boundSpinning() {
    setenv("GOMP_SPINCOUNT", "20000", 0)
    setenv("KMP_BLOCKTIME", "1", 0)
  }

  private static func torchCandidates(near executable: URL) -> [String] {
    var candidates: [String] = []
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["LIBTORCH"] { candidates.append("\(folder)/lib/libtorch.so") }
    if let chosen = lethe_chosen_libtorch() { candidates.append("\(String(cString: chosen))/lib/libtorch.so") }
    var folder = executable
    while folder.path != "/" {
      candidates.append(folder.appendingPathComponent(".libtorch/torch/lib/libtorch.so").path)
      folder.deleteLastPathComponent()
    }
    candidates.append("libtorch.so")
    return candidates
  }

  private static func bindingCandidates(near executable: URL) -> [String] {
    var candidates: [String] = []
    if let path = ProcessInfo.processInfo.environment["LETHE_CTORCH"] { candidates.append(path) }
    candidates.append(executable.appendingPathComponent("libCTorch.so").path)
    candidates.append(executable.appendingPathComponent("../lib/libCTorch.so").path)
    candidates.append("libCTorch.so")
    return candidates
  }

  /// Opens the first candidate that exists; where none can be opened, returns why: of each that exists, what is wrong
  /// with it, else all the places.
  private static func openFirst(
    _ candidates: [String], global: Bool, isLazy: Bool = false,
    onSuccess: (UnsafeMutableRawPointer, String) -> Void
  ) -> String? {
    var reasons: [String] = []
    for candidate in candidates {
      let isPlace = candidate.contains("/")
      if isPlace, !FileManager.default.fileExists(atPath: candidate) { continue }
      if let handle = dlopen(candidate, (isLazy ? RTLD_LAZY : RTLD_NOW) | (global ? RTLD_GLOBAL : RTLD_LOCAL)) {
        onSuccess(handle, candidate)
        return nil
      }
      if isPlace { reasons.append(dlerror().map { String(cString: $0) } ?? "\(candidate): cannot be opened") }
    }
    return reasons.isEmpty ? "looked for as \(candidates.joined(separator: ", "))" : reasons.joined(separator: "; ")
  }
}
