//! What F1 says on each screen: what is asked, why, what next. What happens if
//! somebody pulls the plug now is no screen's to say (`wording::plug`).

/// Help for one kind of screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Help {
    /// What is asked.
    pub asked: &'static str,
    /// Why it is asked.
    pub why: &'static str,
    /// What happens next.
    pub next: &'static str,
}

/// Briefing.
pub const BEGIN: Help = Help {
    asked: "That everybody has read what will happen, and is ready.",
    why: "A ceremony that starts with a surprise ends with a deviation.",
    next: "The first step of the plan. F4 shows the whole plan.",
};
/// Roll call.
pub const SEAT: Help = Help {
    asked: "The name for the record of the person on this seat: from the list of pseudonyms, if there is one. Or, after F5, why the seat stays empty.",
    why: "The record must say who was in the room, and the record is published. Names are claims that people type; nobody's identity is proven by typing it. Who a pseudonym stands for is on paper.",
    next: "The next seat. When all seats are answered, every role must have its quorum.",
};
/// Clock.
pub const CLOCK: Help = Help {
    asked: "The time in UTC that another clock shows: a radio clock, a GPS receiver, a telephone outside the room.",
    why: "Metadata expires by date. A wrong clock makes files that are expired at birth, or that live for years too long. This machine's own clock is hidden here, so that nobody copies it.",
    next: "If both clocks agree within three minutes, the time counts as confirmed. If not, nothing is lost and you are told the difference.",
};
/// Checklist.
pub const ITEM: Help = Help {
    asked: "That people looked at this one thing and that it is as the line says. Type yes.",
    why: "Enter alone would be pressed without looking.",
    next: "The next line, or the next step. If it is not as the line says, correct it, or note a deviation with F2.",
};
/// Waiver.
pub const WAIVE: Help = Help {
    asked: "Each person who is named reads the claim and the reason, and decides. Who accepts that it does not hold here types the name of the claim, as the first line says.",
    why: "The approved script waives the claim and says why. In the room enough people of a role (a quorum) and then somebody of another role accept it, one by one; nobody accepts it for another.",
    next: "The next person; after the last the record says what was waived, why and by whom. Whoever does not agree types nothing: pause or abort with Ctrl-C, or note why with F2.",
};
/// A bag or a seal.
pub const NUMBER: Help = Help {
    asked: "The number that is printed on the bag or seal, read from the thing itself; at a break also who takes it along.",
    why: "A seal proves something only if its number was written down before and is looked for afterwards. So a recorded number is not shown when it is compared.",
    next: "A number that is noted goes into the record. One that differs is asked once more; then a quorum decides whether to go on.",
};
/// A number that differs.
pub const DIFFERS: Help = Help {
    asked: "Why the ceremony should go on although a bag or seal does not have the recorded number.",
    why: "A swapped seal may mean that somebody was at the device. One person must not decide that alone.",
    next: "Each person of the quorum types a word. The record keeps both numbers, the reason and a deviation. Ctrl-C pauses or aborts instead.",
};
/// What a quorum decides.
pub const QUORUM: Help = Help {
    asked: "That the person who is named has read this and agrees. That person types the word.",
    why: "What was signed or sealed before no longer counts as it did. A quorum decides that: each person says it alone.",
    next: "The next person of the quorum. When all have agreed, the record says so and the step goes on.",
};
/// A seat with an audit key.
pub const ATTESTER: Help = Help {
    asked: "That the person on this seat enrols an audit key, or signs the record with it. To agree, that person types enrol, or the last 4 characters of the serial, as the screen says. F5 changes the answer: agrees, declines, is not here.",
    why: "A record that one machine wrote can be rewritten by that machine. A key that somebody else takes home has signed how the record was, and the rewritten one no longer fits.",
    next: "If the person agrees, the seat's own token is used: its PIN, then one signature that is verified here. If not, the reason is recorded and the ceremony goes on.",
};
/// Inventory.
pub const SERIAL: Help = Help {
    asked: "The serial number that is printed on the body of the device you want to use.",
    why: "The screen could show what a wrong or false device says of itself. The print on the body comes from another source, so the two can be compared.",
    next: "The device is known by this serial from now on. No PIN is asked here and nothing on the device is changed.",
};
/// Set-up.
pub const SET_UP: Help = Help {
    asked: "New PINs for the device, each typed twice, then the last 4 characters of its serial, from its body.",
    why: "A typing slip in a new PIN would shut everybody out, so both entries must be equal. The last 4 characters of its serial make sure that the right device is emptied.",
    next: "The device is emptied and set up. This is the one step that destroys what is on it.",
};
/// Cameras.
pub const COVER: Help = Help {
    asked: "That no camera and nobody but a secret's keeper can see this screen, and that this is the device to be emptied. Type the last 4 characters of its serial, from its body.",
    why: "New PINs and passwords will be shown in plain letters. One picture of them is enough to use the device. The last 4 characters of its serial make sure that the right device is emptied.",
    next: "For each secret: it is made, shown after F5, written on paper, hidden, and typed back from the paper. After the last one the device is emptied and set up, and what you typed logs in.",
};
/// Dice.
pub const DICE: Help = Help {
    asked: "As many digits from 1 to 6 as the line above says, one for each die that was rolled.",
    why: "Dice that people roll need no trust in this machine's randomness. The table that turns them into a secret is printed in the documents.",
    next: "The secret is made from them and shown to its keeper after F5.",
};
/// A secret on paper.
pub const COPY: Help = Help {
    asked: "What stands on the paper, typed without looking at the screen's copy. The hyphens may be typed or left out.",
    why: "A slip of the pen would shut everybody out of the device. What you type is also what logs in after the set-up, so the paper is proven before it goes into its bag.",
    next: "If it is the same, the next secret is made, or the device is set up.",
};
/// PIN.
pub const PIN: Help = Help {
    asked: "The PIN or password of the device in the box, or the passphrase of a file token.",
    why: "The device does nothing without it. It goes straight to the device; neither the record nor the screen ever holds it. The program never sends it twice by itself.",
    next: "The device checks it. If it is wrong you are asked again; a wrong PIN may use up one of the device's tries.",
};
/// Confirmations.
pub const CONFIRM: Help = Help {
    asked: "Where a device acts: the last 4 characters of its serial, from its body. Where none acts: the word that the first line names.",
    why: "Enter alone would be pressed without looking. The end of a serial is not on this screen: only who looks at the device can type it.",
    next: "Only after the text is right, the intent is written to the record, and then it is done.",
};
/// Review.
pub const REVIEW: Help = Help {
    asked: "That you read every line to the end. Then type read.",
    why: "These are the bytes that will be signed. Afterwards clients believe them. F6 shows the same bytes as JSON.",
    next: "The digest of exactly these bytes is compared with another source, then signed.",
};
/// Comparison.
pub const WORDS: Help = Help {
    asked: "Some of the 32 words of a digest, read from another source than this screen.",
    why: "A screen that lies would show you what you expect. Words from a second source cannot be guessed; which of them are asked was drawn at random a moment ago.",
    next: "If all words match, the ceremony goes on. After three wrong tries the comparison stops until a second person opens it.",
};
/// Locked comparison.
pub const REOPEN: Help = Help {
    asked: "A second person from the roll call, and what happened.",
    why: "Three wrong tries may mean tired eyes, or that the two machines hold different bytes. One person must not decide that alone.",
    next: "Other words are asked for and the comparison starts again. The record counts a deviation.",
};
/// What was under way.
pub const RECOVER: Help = Help {
    asked: "That you have read what was under way when the program stopped. Then type recover.",
    why: "The record says that it was started and not what came of it. To do it again without looking could make a second key or use up a PIN try.",
    next: "The step begins again. Before it makes a second key it looks whether the device holds the first.",
};
/// Frozen.
pub const FROZEN: Help = Help {
    asked: "Nothing is to be typed. Remove what the screen names: unplug the device, pull the cable; on another console switch the interface or the swap off.",
    why: "A production ceremony goes on only where nothing else can type, write or talk. A keyboard that appears by itself can type; a network can carry secrets away.",
    next: "Within two seconds after it is gone the open question comes back by itself, and the record says from when to when it was frozen. A device that must stay is accepted by a person of another role, who types its name and why: a deviation.",
};
/// Trouble.
pub const TROUBLE: Help = Help {
    asked: "Your decision. Correct what can be corrected; then, to try once more, type: again. Or note a deviation (F2), or pause or abort (Ctrl-C).",
    why: "Nothing is ever tried twice by itself: another try may use up a PIN try or make a second key.",
    next: "The step starts from its beginning and looks at the device first.",
};
/// Working.
pub const WORKING: Help = Help {
    asked: "Nothing. The machine or a device is working.",
    why: "Some devices need minutes for one key. As long as the time counts on, the program is alive.",
    next: "The outcome is written to the record first and shown then.",
};
/// The ends.
pub const ENDED: Help = Help {
    asked: "Nothing more. Read what the screen says about the record and the media, then type end.",
    why: "What was done is on disk. The screen says what is still to be done, and what may be unplugged.",
    next: "The program ends.",
};
