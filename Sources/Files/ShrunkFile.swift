import Foundation

/// The end of a process that reads a mapped file behind the end it has now: another program has cut it off.
///
/// Nothing can be thrown where memory is read, so one line is said and the process ends, in place of a signal's name.
public enum ShrunkFile {
  /// Ends the process with a line and a status from now on, where a ``MappedFile`` has become shorter.
  public static func endsProcess(status: Int32, command: String) {
    table = Table(status: status, command: command)
    var action = sigaction()
    #if canImport(Glibc)
      action.__sigaction_handler.sa_sigaction = handler
    #else
      action.__sigaction_u.__sa_sigaction = handler
    #endif
    action.sa_flags = SA_SIGINFO
    sigaction(SIGBUS, &action, nil)
  }

  /// What the handler reads: allocated before, and touched without locks, as a signal can come at any time.
  private struct Table {
    static let count = 4096
    let status: Int32
    let before: UnsafeMutablePointer<CChar>?
    let entries: UnsafeMutablePointer<Entry>

    init(status: Int32, command: String) {
      self.status = status
      before = strdup("\(command): ")
      entries = .allocate(capacity: Self.count)
      entries.initialize(repeating: Entry(), count: Self.count)
    }
  }

  private struct Entry {
    var start: UInt = 0
    var end: UInt = 0
    var path: UnsafeMutablePointer<CChar>?
  }

  // Set once, at the beginning of a process, before any other thread is there; entries change under the lock.
  nonisolated(unsafe) private static var table: Table?
  private static let lock = NSLock()

  /// Remembers a mapping; those beyond some thousands end by the signal.
  static func add(_ base: UnsafeMutableRawPointer, _ byteCount: Int, path: String) {
    guard let entries = table?.entries else { return }
    lock.withLock {
      guard let free = (0..<Table.count).first(where: { entries[$0].end == 0 }) else { return }
      entries[free].path = strdup(path)
      entries[free].start = UInt(bitPattern: base)
      // A mapping has whole pages.
      entries[free].end = UInt(bitPattern: base) + UInt(byteCount)
    }
  }

  static func remove(_ base: UnsafeMutableRawPointer) {
    guard let entries = table?.entries else { return }
    lock.withLock {
      let start = UInt(bitPattern: base)
      guard let place = (0..<Table.count).first(where: { entries[$0].start == start && entries[$0].end > 0 }) else {
        return
      }
      entries[place].end = 0
      entries[place].start = 0
      free(entries[place].path)
      entries[place].path = nil
    }
  }

  // Only what POSIX allows within a signal: write and _exit.
  private static let handler:
    @convention(c) (Int32, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?) -> Void =
      { _, information, _ in
        #if canImport(Glibc)
          let address = UInt(bitPattern: information?.pointee._sifields._sigfault.si_addr)
        #else
          let address = UInt(bitPattern: information?.pointee.si_addr)
        #endif
        guard let table = ShrunkFile.table else { return }
        for index in 0..<Table.count {
          let entry = table.entries[index]
          guard entry.start <= address, address < entry.end, let path = entry.path else { continue }
          if let before = table.before { write(STDERR_FILENO, before, strlen(before)) }
          write(STDERR_FILENO, path, strlen(path))
          let reason: StaticString = ": cannot be read: it became shorter while it was read\n"
          write(STDERR_FILENO, reason.utf8Start, reason.utf8CodeUnitCount)
          _exit(table.status)
        }
        // Not ours: the same access again, and the signal ends the process as it would have.
        signal(SIGBUS, SIG_DFL)
      }
}
