/* A PKCS#11 module for tests that behaves like a middleware with its own PIN dialog, on top of a SoftHSM token.
 *
 * Every call goes through to the module REAL_MODULE (given to the compiler), except what a Belgian eID does otherwise:
 *   - the token asks for no login (CKF_LOGIN_REQUIRED): the module asks for the PIN itself;
 *   - private keys can be seen before any login;
 *   - C_Login without a PIN is a dialog; after it the Authentication key may be used by every process, until somebody
 *     logs out: closing a session or ending the process changes nothing;
 *   - the Signature key asks at every signature, also after C_Login; so does Authentication while nobody is logged in;
 *   - a session dies with the card's leaving, also when the card comes back.
 *
 * The folder PIN_DIALOG_FOLDER stands for the person, the card and what they remember:
 *   script    answers of the person, one a line, used up in order; none left means cancel:
 *             ok, cancel, wrong, locked; a number such as 0x30: the module returns that; pull: the card is taken out and
 *             the module says CKR_DEVICE_ERROR; hang: a dialog of a process of its own that never ends
 *   asked     a line for every dialog: "login", "sign Authentication", "sign Signature"
 *   handed    a line for every PIN that a program handed over, which must never happen
 *   open      there while the card is open to every process
 *   broken    while there, every signature fails with CKR_DEVICE_ERROR
 *   spoiled   while there, every signature is altered on its way, as a bad reader does it
 *   version   while there, the module says that it is the government's middleware in this version: "4 4"
 *   calls     a line for every session opened, object looked for, value read, dialog and signature
 *   dead      numbers, one a line: readers before the others whose card answers C_GetTokenInfo with that
 *   damaged   lines "class label": such objects answer CKR_DEVICE_ERROR when they are read
 *   pull_at   a number: the card is taken out when that many values have been read since the module was loaded
 *   pulled    while there, no reader has a card, and whatever asks one fails
 *   gone      while there, there is no reader
 *   inserted  a number: only that one of the tokens is in the reader
 *   tries     what the token says of its PIN: low, final, locked
 *   pinpad    while there, the PIN is typed on the reader (CKF_PROTECTED_AUTHENTICATION_PATH)
 *   slow      milliseconds that each command to the card takes while a value is read, 248 bytes a command
 *   hanging   the numbers of the processes that hang: the caller's, the dialog's
 *
 * Written against PKCS #11 v2.40; only the few structures that are touched are declared here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef unsigned long ulong_t;
typedef ulong_t (*function_t)();

enum { GET_INFO = 2, GET_FUNCTION_LIST = 3, GET_SLOT_LIST = 4, GET_TOKEN_INFO = 6, OPEN_SESSION = 12, GET_SESSION_INFO = 15, LOGIN = 18,
       LOGOUT = 19, GET_ATTRIBUTE_VALUE = 24, FIND_OBJECTS_INIT = 26, SIGN_INIT = 42, SIGN = 43, FUNCTIONS = 68 };
enum { CKR_OK = 0x00, CKR_GENERAL_ERROR = 0x05, CKR_DEVICE_ERROR = 0x30, CKR_DEVICE_REMOVED = 0x32, CKR_FUNCTION_CANCELED = 0x50,
       CKR_PIN_INCORRECT = 0xA0, CKR_PIN_LOCKED = 0xA4, CKR_TOKEN_NOT_PRESENT = 0xE0, CKR_USER_ALREADY_LOGGED_IN = 0x100,
       CKR_USER_NOT_LOGGED_IN = 0x101, CKR_BUFFER_TOO_SMALL = 0x150 };
enum { CKU_USER = 1, CKA_CLASS = 0, CKA_LABEL = 3, CKA_VALUE = 0x11, CKF_LOGIN_REQUIRED = 0x4,
       CKF_PROTECTED_AUTHENTICATION_PATH = 0x100, CKF_USER_PIN_COUNT_LOW = 0x10000, CKF_USER_PIN_FINAL_TRY = 0x20000, CKF_USER_PIN_LOCKED = 0x40000 };
enum { SLOTS = 32, SESSIONS = 256, DEAD_SLOT = 90000 };

typedef struct { unsigned char version[2]; function_t call[FUNCTIONS]; } function_list_t;
typedef struct { ulong_t type; void *value; ulong_t length; } attribute_t;
typedef struct { unsigned char texts[96]; ulong_t flags; } token_info_t; /* what follows the flags is left alone */

typedef struct { unsigned char cryptoki[2], maker[32]; ulong_t flags; unsigned char description[32], version[2]; } info_t;

static function_list_t *real, ours;
static char label[64];
static struct { ulong_t session, slot; int dead; } sessions[SESSIONS];
static int opened, values;

static void path_of(char *path, size_t size, const char *name) {
    const char *folder = getenv("PIN_DIALOG_FOLDER");
    snprintf(path, size, "%s/%s", folder ? folder : "/nonexistent", name);
}

static FILE *file_of(const char *name, const char *mode) {
    char path[4096];
    path_of(path, sizeof path, name);
    return fopen(path, mode);
}

static void note(const char *name, const char *line) {
    FILE *file = file_of(name, "a");
    if (file == NULL) return;
    fprintf(file, "%s\n", line);
    fclose(file);
}

static int there(const char *name) {
    char path[4096];
    path_of(path, sizeof path, name);
    return access(path, F_OK) == 0;
}

static void forget(const char *name) {
    char path[4096];
    path_of(path, sizeof path, name);
    unlink(path);
}

static long number_in(const char *name, long otherwise) {
    long found = otherwise;
    FILE *file = file_of(name, "r");
    if (file == NULL) return otherwise;
    if (fscanf(file, "%ld", &found) != 1) found = otherwise;
    fclose(file);
    return found;
}

/* A dialog of its own process, which nobody answers. */
static ulong_t hang(void) {
    char line[64];
    pid_t shown = fork();
    if (shown == 0) {
        execlp("sleep", "sleep", "600", (char *)NULL);
        _exit(1);
    }
    snprintf(line, sizeof line, "%d %d", (int)getpid(), (int)shown);
    note("hanging", line);
    waitpid(shown, NULL, 0);
    return CKR_GENERAL_ERROR;
}

/* One dialog: the person's next answer, as the return value of a module. */
static ulong_t dialog(const char *what) {
    char answer[64] = "cancel", rest[4096] = "";
    note("asked", what);
    note("calls", "dialog");
    FILE *file = file_of("script", "r");
    if (file != NULL) {
        if (fscanf(file, "%63s", answer) != 1) strcpy(answer, "cancel");
        rest[fread(rest, 1, sizeof rest - 1, file)] = '\0';
        fclose(file);
        file = file_of("script", "w");
        if (file == NULL) return CKR_GENERAL_ERROR;
        fputs(rest, file);
        fclose(file);
    }
    if (strcmp(answer, "ok") == 0) return CKR_OK;
    if (strcmp(answer, "cancel") == 0) return CKR_FUNCTION_CANCELED;
    if (strcmp(answer, "wrong") == 0) return CKR_PIN_INCORRECT;
    if (strcmp(answer, "locked") == 0) return CKR_PIN_LOCKED;
    if (strcmp(answer, "hang") == 0) return hang();
    if (strcmp(answer, "pull") == 0) {
        note("pulled", "");
        return CKR_DEVICE_ERROR;
    }
    return strtoul(answer, NULL, 0);
}

static ulong_t get_info(info_t *info) {
    unsigned major, minor;
    ulong_t result = real->call[GET_INFO](info);
    if (result != CKR_OK || info == NULL) return result;
    FILE *file = file_of("version", "r");
    if (file == NULL) return result;
    if (fscanf(file, "%u %u", &major, &minor) == 2) {
        info->version[0] = (unsigned char)major;
        info->version[1] = (unsigned char)minor;
        memset(info->maker, ' ', sizeof info->maker);
        memcpy(info->maker, "Belgium Government", 18);
    }
    fclose(file);
    return result;
}

/* The readers: dead ones first, then those of SoftHSM, of which `inserted` leaves one token. */
static int slots_now(int with_card, ulong_t *found) {
    ulong_t all[SLOTS], count = SLOTS;
    char line[64];
    int kept = 0;
    if (there("gone") || (with_card && there("pulled"))) return 0;
    FILE *file = file_of("dead", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        found[kept] = (ulong_t)DEAD_SLOT + (ulong_t)kept;
        kept++;
    }
    if (file != NULL) fclose(file);
    if (real->call[GET_SLOT_LIST]((unsigned char)with_card, all, &count) != CKR_OK) return kept;
    long only = number_in("inserted", -1);
    for (ulong_t n = 0; n < count; n++)
        if (!with_card || only < 0 || (ulong_t)only == n) found[kept++] = all[n];
    return kept;
}

static ulong_t get_slot_list(unsigned char with_card, ulong_t *slots, ulong_t *count) {
    ulong_t found[2 * SLOTS];
    int kept = slots_now(with_card, found);
    if (slots != NULL && *count < (ulong_t)kept) return CKR_BUFFER_TOO_SMALL;
    if (slots != NULL) memcpy(slots, found, (size_t)kept * sizeof *slots);
    *count = (ulong_t)kept;
    return CKR_OK;
}

static int card_in(ulong_t slot) {
    ulong_t found[2 * SLOTS];
    int kept = slots_now(1, found);
    for (int n = 0; n < kept; n++)
        if (found[n] == slot) return 1;
    return 0;
}

static ulong_t get_token_info(ulong_t slot, token_info_t *info) {
    char word[64] = "";
    FILE *file;
    if (slot >= DEAD_SLOT && slot < DEAD_SLOT + SLOTS) {
        file = file_of("dead", "r");
        for (ulong_t n = DEAD_SLOT; file != NULL && n <= slot; n++)
            if (fgets(word, sizeof word, file) == NULL) break;
        if (file != NULL) fclose(file);
        return strtoul(word, NULL, 0);
    }
    if (!card_in(slot)) return CKR_TOKEN_NOT_PRESENT;
    ulong_t result = real->call[GET_TOKEN_INFO](slot, info);
    if (result != CKR_OK || info == NULL) return result;
    info->flags &= ~(ulong_t)CKF_LOGIN_REQUIRED;
    if (there("pinpad")) info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
    file = file_of("tries", "r");
    if (file == NULL) return result;
    if (fscanf(file, "%63s", word) == 1)
        info->flags |= strcmp(word, "final") == 0    ? CKF_USER_PIN_FINAL_TRY
                       : strcmp(word, "locked") == 0 ? CKF_USER_PIN_LOCKED
                                                     : CKF_USER_PIN_COUNT_LOW;
    fclose(file);
    return result;
}

/* Below, the SoftHSM token is open as long as a session is: that makes its private keys visible before login. */
static ulong_t open_session(ulong_t slot, ulong_t flags, void *application, void *notify, ulong_t *session) {
    note("calls", "session");
    if (!card_in(slot)) return CKR_TOKEN_NOT_PRESENT;
    ulong_t result = real->call[OPEN_SESSION](slot, flags, application, notify, session);
    if (result != CKR_OK) return result;
    if (opened < SESSIONS) {
        sessions[opened].session = *session;
        sessions[opened].slot = slot;
        sessions[opened++].dead = 0;
    }
    result = real->call[LOGIN](*session, (ulong_t)CKU_USER, (unsigned char *)TOKEN_PIN, (ulong_t)strlen(TOKEN_PIN));
    return result == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : result;
}

/* Whether the session's card has been in its reader all the time. */
static ulong_t lives(ulong_t session) {
    for (int n = 0; n < opened; n++) {
        if (sessions[n].session != session) continue;
        if (!card_in(sessions[n].slot)) sessions[n].dead = 1;
        if (sessions[n].dead) return CKR_DEVICE_REMOVED;
    }
    return CKR_OK;
}

static ulong_t get_session_info(ulong_t session, void *info) {
    ulong_t result = lives(session);
    return result == CKR_OK ? real->call[GET_SESSION_INFO](session, info) : result;
}

static ulong_t find_objects_init(ulong_t session, attribute_t *wanted, ulong_t count) {
    note("calls", "find");
    ulong_t result = lives(session);
    return result == CKR_OK ? real->call[FIND_OBJECTS_INIT](session, wanted, count) : result;
}

static ulong_t get_attribute_value(ulong_t session, ulong_t object, attribute_t *wanted, ulong_t count) {
    char name[64] = "", line[128], what[128];
    ulong_t kind = 0;
    attribute_t of[2] = {{CKA_CLASS, &kind, sizeof kind}, {CKA_LABEL, name, sizeof name - 1}};
    ulong_t result = lives(session);
    if (result != CKR_OK) return result;
    real->call[GET_ATTRIBUTE_VALUE](session, object, of, (ulong_t)2);
    snprintf(what, sizeof what, "%lu %s", kind, name);
    FILE *file = file_of("damaged", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, what) == 0) result = CKR_DEVICE_ERROR;
    }
    if (file != NULL) fclose(file);
    if (result != CKR_OK) return result;
    result = real->call[GET_ATTRIBUTE_VALUE](session, object, wanted, count);
    if (count == 1 && wanted->type == CKA_VALUE && wanted->value != NULL) {
        ulong_t commands = 2 + wanted->length / 248;
        snprintf(line, sizeof line, "value %lu", commands);
        note("calls", line);
        usleep((useconds_t)(number_in("slow", 0) * 1000 * (long)commands));
        if (++values == number_in("pull_at", 0)) note("pulled", "");
    }
    return lives(session) == CKR_OK ? result : CKR_DEVICE_ERROR;
}

static ulong_t login(ulong_t session, ulong_t user, unsigned char *pin, ulong_t length) {
    (void)user;
    ulong_t result = lives(session);
    if (result != CKR_OK) return result;
    if (pin != NULL || length != 0) {
        note("handed", "a PIN");
        note("open", "");
        return CKR_OK;
    }
    if (there("open")) return CKR_USER_ALREADY_LOGGED_IN;
    result = dialog("login");
    if (result == CKR_OK) note("open", "");
    return result;
}

static ulong_t logout(ulong_t session) {
    (void)session;
    if (!there("open")) return CKR_USER_NOT_LOGGED_IN;
    forget("open");
    return CKR_OK;
}

static ulong_t sign_init(ulong_t session, void *mechanism, ulong_t key) {
    attribute_t wanted = {CKA_LABEL, label, sizeof label - 1};
    ulong_t result = lives(session);
    if (result != CKR_OK) return result;
    memset(label, 0, sizeof label);
    real->call[GET_ATTRIBUTE_VALUE](session, key, &wanted, (ulong_t)1);
    return real->call[SIGN_INIT](session, mechanism, key);
}

static ulong_t sign(ulong_t session, unsigned char *data, ulong_t length, unsigned char *signature, ulong_t *room) {
    char what[128];
    ulong_t result = CKR_OK;
    if (signature == NULL) return real->call[SIGN](session, data, length, signature, room);
    snprintf(what, sizeof what, "sign %s", label);
    if (there("broken"))
        result = CKR_DEVICE_ERROR;
    else if (strcmp(label, "Signature") == 0 || !there("open"))
        result = dialog(what);
    note("calls", "sign");
    if (result == CKR_OK) {
        result = real->call[SIGN](session, data, length, signature, room);
        if (result == CKR_OK && there("spoiled")) signature[*room - 1] ^= 1;
        return result;
    }
    unsigned char thrown_away[1024]; /* the operation ends below too */
    ulong_t size = sizeof thrown_away;
    real->call[SIGN](session, data, length, thrown_away, &size);
    return result;
}

ulong_t C_GetFunctionList(function_list_t **list);

ulong_t C_GetFunctionList(function_list_t **list) {
    if (real == NULL) {
        void *library = dlopen(REAL_MODULE, RTLD_NOW | RTLD_LOCAL);
        function_t get = library ? (function_t)dlsym(library, "C_GetFunctionList") : NULL;
        if (get == NULL || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
        ours = *real;
        ours.call[GET_FUNCTION_LIST] = (function_t)C_GetFunctionList;
        ours.call[GET_INFO] = (function_t)get_info;
        ours.call[GET_SLOT_LIST] = (function_t)get_slot_list;
        ours.call[GET_TOKEN_INFO] = (function_t)get_token_info;
        ours.call[OPEN_SESSION] = (function_t)open_session;
        ours.call[GET_SESSION_INFO] = (function_t)get_session_info;
        ours.call[LOGIN] = (function_t)login;
        ours.call[LOGOUT] = (function_t)logout;
        ours.call[GET_ATTRIBUTE_VALUE] = (function_t)get_attribute_value;
        ours.call[FIND_OBJECTS_INIT] = (function_t)find_objects_init;
        ours.call[SIGN_INIT] = (function_t)sign_init;
        ours.call[SIGN] = (function_t)sign;
    }
    *list = &ours;
    return CKR_OK;
}
