import Foundation

/// Programs that tests put in the place of others.
public enum ExecutableScript {
  /// Writes a shell script that can be run at once.
  ///
  /// Another process writes it: a process that a test beside this one starts would inherit a descriptor that this one
  /// writes with, and until that is closed the system refuses to run the file ("Text file busy").
  public static func write(_ script: String, to path: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", #"printf '#!/bin/sh\n%s\n' "$1" > "$2" && chmod 755 "$2""#, "sh", script, path]
    try process.run()
    process.waitUntilExit()
    precondition(process.terminationStatus == 0, "\(path) could not be written")
  }
}
